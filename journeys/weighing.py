"""How an automated IntelliNODE weighs its paths, toward the one that converts best (domain 6): pure, without chance.

Equal shares until each path has ENOUGH users; then the probability that a path is the best, by draws from what is known
of each path's rate (a Beta posterior over its users and those of them who converted). No path gets less than FLOOR.
"""

import random
from collections.abc import Sequence
from datetime import timedelta
from hashlib import blake2b
from typing import NamedTuple

EVERY = timedelta(minutes=5)
ENOUGH = 100  # users on each path before shares differ
DRAWS = 10_000
FLOOR = 5.0  # per cent
STEP = 100  # shares are kept to a hundredth of a per cent


class Path(NamedTuple):
    """What became of a path: how many took it, and how many of those met a goal."""

    entered: int
    converted: int


def weigh(paths: Sequence[Path], *, salt: str) -> list[float]:
    """The shares in per cent, one a path, adding up to 100. salt: what the draws are seeded by."""
    if any(path.entered < ENOUGH for path in paths):
        return equal(len(paths))
    return _rounded(_floored([count * 100 / DRAWS for count in _best(paths, salt)]))


def equal(count: int) -> list[float]:
    """Equal shares, the odd hundredths with the first paths."""
    return _rounded([100 / count] * count)


def _best(paths: Sequence[Path], salt: str) -> list[int]:
    """In how many of the draws each path is the best."""
    # A generator of its own, seeded by what is weighed: the same question has the same answer on every machine.
    chance = random.Random(blake2b(salt.encode(), digest_size=8).digest())
    won = [0] * len(paths)
    for _ in range(DRAWS):
        rates = [chance.betavariate(1 + converted, 1 + entered - converted) for entered, converted in paths]
        won[rates.index(max(rates))] += 1
    return won


def _floored(shares: list[float]) -> list[float]:
    """FLOOR for whoever has less, the rest shared out among the others as they stand to each other."""
    low: set[int] = set()
    while True:
        rest = sum(share for index, share in enumerate(shares) if index not in low)
        left = 100 - FLOOR * len(low)
        scaled = [FLOOR if index in low else share * left / rest for index, share in enumerate(shares)]
        fallen = {index for index, share in enumerate(scaled) if share < FLOOR and index not in low}
        if not fallen:
            return scaled
        low |= fallen


def _rounded(shares: list[float]) -> list[float]:
    """To hundredths that add up to 100: what rounding down leaves goes to the largest remainders."""
    whole = [int(share * STEP + 1e-9) for share in shares]
    missing = 100 * STEP - sum(whole)
    by_rest = sorted(range(len(shares)), key=lambda index: (whole[index] - shares[index] * STEP, index))
    for index in by_rest[:missing]:
        whole[index] += 1
    return [part / STEP for part in whole]
