"""Consent by address: an address that is switched off is off for every profile that has it (domain 5.1)."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Literal

from config.lib import sql
from profiles.identities import email_address, phone_number

SQL = sql.load(Path(__file__).with_suffix(".sql"))

Kind = Literal["email", "phone"]
Reason = Literal["unsubscribed", "hard_bounce", "spam"]


def suppress(kind: Kind, addresses: Iterable[str], reason: Reason, *, now: datetime) -> int:
    """Switch addresses off; return how many were on. Texts that are no address are left out."""
    params = {"kind": kind, "addresses": _normal(kind, addresses), "reason": reason, "now": now}
    return sql.run(SQL["suppress"], params)


def restore(kind: Kind, addresses: Iterable[str]) -> int:
    """Switch addresses on again, when their owners ask for it; return how many were off."""
    return sql.run(SQL["restore"], {"kind": kind, "addresses": _normal(kind, addresses)})


def _normal(kind: Kind, addresses: Iterable[str]) -> list[str]:
    """As profiles keep them, so that the two are found by each other."""
    spell = email_address if kind == "email" else phone_number
    return [spelt for address in addresses if (spelt := spell(address))]
