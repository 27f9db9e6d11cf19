"""How many parts a text is paid for."""

import pytest

from channels.smsparts import Parts, parts_of


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", Parts("GSM-7", 0, 1, 160, "")),
        ("a" * 160, Parts("GSM-7", 160, 1, 0, "")),
        ("a" * 161, Parts("GSM-7", 161, 2, 145, "")),
        ("a" * 306, Parts("GSM-7", 306, 2, 0, "")),
        ("a" * 307, Parts("GSM-7", 307, 3, 152, "")),
        ("Grüße, Ñandú? £5 @ñ\n", Parts("UCS-2", 20, 1, 50, "ú")),
        ("Grüße £5 @ñ\r\n", Parts("GSM-7", 13, 1, 147, "")),
        ("€" * 80, Parts("GSM-7", 160, 1, 0, "")),  # two places each
        ("a" * 152 + "€" + "a" * 7, Parts("GSM-7", 161, 2, 144, "")),  # a pair is not torn apart
        ("स" * 70, Parts("UCS-2", 70, 1, 0, "स")),
        ("स" * 71, Parts("UCS-2", 71, 2, 63, "स")),
        ("😀" * 35, Parts("UCS-2", 70, 1, 0, "😀")),
        ("😀" * 36, Parts("UCS-2", 72, 2, 61, "😀")),  # 33 of them in 67 places
        ("“quoted”", Parts("UCS-2", 8, 1, 62, "“")),
        ("[{}]~\\^|", Parts("GSM-7", 16, 1, 144, "")),
        ("`", Parts("UCS-2", 1, 1, 69, "`")),
    ],
)
def test_a_text_has_so_many_parts(text: str, parts: Parts) -> None:
    assert parts_of(text) == parts
