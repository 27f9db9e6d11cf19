"""Files as they really come, and as somebody might make them: each is a list, or a sentence that says what is wrong.

Ada and Bob are known. Whatever the file, a list stays as it was if it fails, and nothing else of the database moves.
"""

import gzip
import io
import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

import pytest

from config.lib import sql
from profiles import identities
from segments.models import List
from segments.reading import DOCUMENTED, Columns
from tests.segments.cast import NOON
from tests.segments.uploading import errors, load

pytestmark = pytest.mark.django_db

HEADER = b"Type,Identity\n"
MAIL = Columns("mail", "email")


def zipped(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def png() -> bytes:
    """A picture of one dot."""
    parts = [(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(b"\0\0")), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    )


class Good(NamedTuple):
    """What a file that can be read makes: who is on the list, and the lines of the file of errors."""

    people: str = "ada"
    errors: tuple[str, ...] = ()
    remark: str = ""


NOBODY = "No profile has this identity."
CELLS = "The row has {}; the header has 2."
QUOTES = "Text follows the closing quote of a cell; double the quotes that belong to it."
EXCEL = "Save it as UTF-8; in Excel that is “CSV UTF-8”."
EXPORT = "Export the list as CSV."

FILES: dict[str, tuple[bytes, Good | str] | tuple[bytes, Good | str, Columns]] = {
    # Other formats, whatever their name says.
    "empty": (b"", "The file is empty."),
    "blank lines only": (b"\r\n\r\n\r\n", "The file is empty."),
    "byte order mark only": (b"\xef\xbb\xbf", "The file is empty."),
    "a zip bomb": (
        zipped("list.csv", b"0" * 50_000_000),
        "The file is a ZIP archive, not CSV. Unpack it and upload the CSV file in it.",
    ),
    "xlsx": (
        zipped("[Content_Types].xml", b"<Types/>"),
        "The file is an Excel workbook (.xlsx), not CSV. Save it as “CSV UTF-8” in Excel.",
    ),
    "xls": (
        bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504),
        "The file is an old Excel workbook (.xls), not CSV. Save it as “CSV UTF-8” in Excel.",
    ),
    "gzip": (
        gzip.compress(HEADER + b"i,ada\n"),
        "The file is gzip-compressed, not CSV. Unpack it and upload the CSV file in it.",
    ),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "The file is a PDF document, not CSV. " + EXPORT),
    "picture": (png(), "The file is binary, not CSV. " + EXPORT),
    "random bytes": (bytes(range(256)) * 40, "The file is binary, not CSV. " + EXPORT),
    "html": (
        b"<!DOCTYPE html>\n<html><body>Please log in</body></html>\n",
        "The file is a web page (HTML), not CSV. Perhaps a login page was saved instead of the export.",
    ),
    "xml": (b'<?xml version="1.0"?>\n<list><i>ada</i></list>\n', "The file is XML, not CSV. " + EXPORT),
    "json": (json.dumps([{"Type": "i", "Identity": "ada"}]).encode(), "The file is JSON, not CSV. " + EXPORT),
    # Encodings.
    "utf-16 with a mark": ("Type,Identity\ni,ada\n".encode("utf-16"), "The file is UTF-16, not UTF-8. " + EXCEL),
    "utf-16 le": ("Type,Identity\ni,ada\n".encode("utf-16-le"), "The file is UTF-16, not UTF-8. " + EXCEL),
    "utf-16 be": ("Type,Identity\ni,ada\n".encode("utf-16-be"), "The file is UTF-16, not UTF-8. " + EXCEL),
    "utf-32": ("Type,Identity\ni,ada\n".encode("utf-32"), "The file is UTF-32, not UTF-8. " + EXCEL),
    "latin-1": (
        HEADER + b"i,ada\ni,Zo\xeb\n",
        "Line 3 is not UTF-8: it has the byte 0xEB, which Windows-1252 (Latin-1) reads as “ë”. Save the file as UTF-8.",
    ),
    "latin-1 far behind": (
        HEADER + b"i,ada\n" * 300_000 + b"i,M\xfcller\n",
        "Line 300002 is not UTF-8: it has the byte 0xFC, which Windows-1252 (Latin-1) reads as “ü”."
        " Save the file as UTF-8.",
    ),
    "cut within a character": (
        HEADER + b"i,ada\ni,Zo" + "ë".encode()[:1],
        "Line 3 ends in the middle of a character; the file is not complete.",
    ),
    "byte order mark": (b"\xef\xbb\xbf" + HEADER + b"i,ada\n", Good()),
    "byte order mark twice": (b"\xef\xbb\xbf\xef\xbb\xbf" + HEADER + b"i,ada\n", Good()),
    # Headers.
    "header only": (HEADER, "The file has a header and no rows."),
    "header and empty rows": (HEADER + b",\n , \n\n", "The file has a header and no rows."),
    "no header": (
        b"i,ada\ni,bob\n",
        "Line 1 is “i,ada”; the header must be Type,Identity, or choose the column that holds the identities.",
    ),
    "another header": (
        b"Kind,Who\ni,ada\n",
        "Line 1 is “Kind,Who”; the header must be Type,Identity, or choose the column that holds the identities.",
    ),
    "one column": (
        b"Identity\nada\n",
        "Line 1 is “Identity”; the header must be Type,Identity, or choose the column that holds the identities.",
    ),
    "duplicate header": (
        b"Type,Identity,identity\ni,ada,bob\n",
        "The header has the column “Identity” more than once.",
    ),
    "a column that is not there": (
        b"name,phone\nada,1\n",
        "Line 1 is “name,phone”; the header has no column “mail”. It has “name”, “phone”.",
        MAIL,
    ),
    "columns the other way round, in capitals": (b"IDENTITY,TYPE\nada,i\n", Good()),
    "ten thousand columns": (
        b"Type,Identity," + b",".join(b"c%d" % n for n in range(9998)) + b"\ni,ada" + b",1" * 9998 + b"\n",
        Good(remark="Columns left out: " + ", ".join(f"“c{n}”" for n in range(8)) + " and 9,990 more."),
    ),
    # Line ends and delimiters.
    "windows line ends": (HEADER.replace(b"\n", b"\r\n") + b"i,ada\r\ni,bob", Good("ada bob")),
    "old mac line ends": (b"Type,Identity\ri,ada\ri,bob\r", Good("ada bob")),
    "mixed line ends": (b"Type,Identity\r\ni,ada\ri,bob\n\r\ni,eve\r", Good("ada bob", (f"5,i,eve,{NOBODY}",))),
    "semicolons": (b"Type;Identity\ni;ada\n", Good()),
    "tabs": (b"Type\tIdentity\ni\tada\n", Good()),
    "excel's hint": (b"sep=;\r\nType;Identity\r\ni;ada\r\n", Good()),
    "empty cells at the end of rows": (b"Type,Identity,,\ni,ada,,\ni,bob,\n,,,\n", Good("ada bob")),
    # Lines and quotes.
    "one line of 10 MB": (
        b"Type,Identity " + b"x" * 10_000_000,
        "Line 1 is longer than 64 kB; is this the right file?",
    ),
    "one identity of 10 MB": (
        HEADER + b"i,ada\ni," + b"x" * 10_000_000,
        "Line 3 is longer than 64 kB; is this the right file?",
    ),
    "an identity that is too long": (
        HEADER + b"i,ada\ni," + b"x" * 1025 + b"\n",
        Good(errors=(f"3,i,{'x' * 100},The identity has 1025 characters; at most 1024 are possible.",)),
    ),
    "a quote that is never closed": (HEADER + b'i,ada\ni,"bob\ni,eve\n', "Line 3 opens a quote that is never closed."),
    "a lone quote": (HEADER + b'i,ada\n"', "Line 3 opens a quote that is never closed."),
    "a quote that is never closed, and a great deal behind it": (
        HEADER + b'i,"' + b"bob\ni,eve\n" * 100_000,
        "Line 2 opens a quote that is never closed.",
    ),
    "text behind a quote": (HEADER + b'i,"bob" or so\ni,ada\n', Good(errors=(f'2,"","",{QUOTES}',))),
    "line breaks within quotes": (
        b'note,Type,Identity\r\n"two\r\nlines",i,ada\r\n"three\n\nlines",i,eve\r\nx,i,bob\r\n',
        Good("ada bob", (f"4,i,eve,{NOBODY}",), "Columns left out: “note”."),
    ),
    "too few and too many cells": (
        HEADER + b"i\ni,ada,1\ni,bob\n",
        Good("bob", ('2,"",i,' + CELLS.format("1 cell"), '3,"","i,ada,1",' + CELLS.format("3 cells"))),
    ),
    # Values.
    "types that there are not": (
        HEADER + b"x,ada\n,ada\nI,bob\ni,ada\n",
        Good(
            errors=(
                "2,x,ada,The type must be i (identity) or g (object ID).",
                '3,"",ada,The type must be i (identity) or g (object ID).',
                "4,I,bob,The type must be i (identity) or g (object ID).",
            )
        ),
    ),
    "only rows that cannot be read": (
        HEADER + b"x,ada\nx,bob\n",
        "No row can be read. Line 2: The type must be i (identity) or g (object ID).",
    ),
    "what stands for nothing": (
        HEADER + b"i,null\ni,N/A\ni,\ni,0\ni, NaN \ni,ada\n",
        Good(
            errors=(
                "2,i,null,“null” stands for no identity at all.",
                "3,i,N/A,“N/A” stands for no identity at all.",
                '4,i,"",The identity is empty.',
                "5,i,0,“0” stands for no identity at all.",
                "6,i,NaN,“NaN” stands for no identity at all.",
            )
        ),
    ),
    "U+0000": (
        HEADER + b"i,ada\ni,b\0ob\n",
        Good(errors=("3,i,bob,An identity cannot hold the character U+0000.",)),
    ),
    "control characters": (HEADER + b"i,ada\ni,a\x07da\n", Good(errors=(f"3,i,a\x07da,{NOBODY}",))),
    "formulas": (
        HEADER + b"i,ada\ni,=1+1\ni,@SUM(A1)\n",
        Good(errors=(f"3,i,=1+1,{NOBODY}", f"4,i,@SUM(A1),{NOBODY}")),
    ),
    "sql": (
        HEADER + b"i,ada\ni,'; DROP TABLE segments_member; --\ni,\\N\ni,\\.\ni,%(list_id)s\n",
        Good(
            errors=(
                f"3,i,'; DROP TABLE segments_member; --,{NOBODY}",
                f"4,i,\\N,{NOBODY}",
                f"5,i,\\.,{NOBODY}",
                f"6,i,%(list_id)s,{NOBODY}",
            )
        ),
    ),
    "backslashes, tabs and line breaks in identities": (
        HEADER + b'i,ada\ni,"a\tb\\t"\ni,"a\nb"\n',
        Good(errors=(f"3,i,a\tb\\t,{NOBODY}", '4,i,"a', f'b",{NOBODY}')),
    ),
    "right to left, emoji and marks without width": (
        HEADER + "i,ada\ni,\u202eada\ni,👩‍🚀\ni,عائشة\ni,ada\u200b\n".encode(),
        Good(
            errors=(
                f"3,i,\u202eada,{NOBODY}",
                f"4,i,👩‍🚀,{NOBODY}",
                f"5,i,عائشة,{NOBODY}",
                f"6,i,ada\u200b,{NOBODY}",
            )
        ),
    ),
    "blanks around values": (b" Type , Identity \n i , ada \ni,\xc2\xa0bob\xc2\xa0\n", Good("ada bob")),
    "addresses that are none": (
        b"mail\nADA@Example.com\nnot an address\n",
        Good(errors=("3,email,not an address,“not an address” is no e-mail address.",)),
        MAIL,
    ),
    "one person ten thousand times": (HEADER + b"i,ada\n" * 10_000, Good()),
}


@pytest.fixture(autouse=True)
def files(settings: pytest.FixtureRequest, tmp_path: Path) -> None:
    settings.UPLOADS_ROOT = tmp_path  # type: ignore[attr-defined]


def test_there_are_fifty_of_them() -> None:
    assert len(FILES) >= 50


@pytest.mark.parametrize("name", FILES)
def test_a_file_makes_a_list_or_a_sentence(name: str) -> None:
    found = identities.resolve(["ada", "bob", "zoe"], create=True, now=NOON)
    identities.claim([identities.Claim("ada@example.com", "email", found["ada"])])
    load(HEADER + b"i,zoe\n")
    others = sql.rows("SELECT (SELECT count(*) FROM profiles_profile), (SELECT count(*) FROM profiles_identity)")
    content, expected, *columns = FILES[name]

    loaded = load(content, mode="replace", columns=columns[0] if columns else DOCUMENTED)  # type: ignore[arg-type]

    march, members = List.objects.get(), sql.rows("SELECT profile_id FROM segments_member")
    if isinstance(expected, str):
        assert (loaded.state, loaded.error) == ("failed", expected)
        assert (march.state, march.error, members) == ("ready", expected, [(found["zoe"],)])
    else:
        assert (loaded.state, loaded.error, loaded.remark) == ("ready", "", expected.remark)
        assert {person for (person,) in members} == {found[who] for who in expected.people.split()}
        assert loaded.people == march.members == len(members)
        assert (tuple(errors(loaded)) if loaded.unknown else ()) == expected.errors
    assert (
        sql.rows("SELECT (SELECT count(*) FROM profiles_profile), (SELECT count(*) FROM profiles_identity)") == others
    )
