"""Draws without chance: a stable hash of a profile and a salt, so that the same question always has the same answer."""

from hashlib import blake2b

PARTS = 10_000


def percent(profile_id: int, salt: str) -> float:
    """A number from 0 up to, not including, 100, evenly spread over profiles."""
    drawn = int.from_bytes(blake2b(f"{salt}:{profile_id}".encode(), digest_size=8).digest())
    return drawn % PARTS * 100 / PARTS
