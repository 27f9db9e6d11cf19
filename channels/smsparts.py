"""How many parts a text message is sent in, which is how many are paid for.

A text of the GSM alphabet (3GPP TS 23.038) has 160 characters in one part and 153 in each of several; one character of
any other kind makes it UCS-2, with 70 and 67. What takes two places, a character of the GSM extension or one beyond the
first plane, is never torn apart.
"""

from typing import NamedTuple

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")  # two places each


class Parts(NamedTuple):
    """characters: as they are counted, so that some are two; room: how many more fit into the last part. other: the
    first character that is not of the GSM alphabet, empty if there is none.
    """

    encoding: str
    characters: int
    parts: int
    room: int
    other: str


def parts_of(text: str) -> Parts:
    """The parts of a text, at least one."""
    other = next((it for it in text if it not in _BASIC and it not in _EXTENSION), "")
    if other:
        encoding, alone, joined, widths = "UCS-2", 70, 67, [2 if ord(it) > 0xFFFF else 1 for it in text]
    else:
        encoding, alone, joined, widths = "GSM-7", 160, 153, [2 if it in _EXTENSION else 1 for it in text]
    total = sum(widths)
    if total <= alone:
        return Parts(encoding, total, 1, alone - total, other)
    parts, used = 1, 0
    for width in widths:
        if used + width > joined:
            parts, used = parts + 1, 0
        used += width
    return Parts(encoding, total, parts, joined - used, other)
