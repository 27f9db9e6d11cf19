"""CSV that a spreadsheet may open: nothing in it runs."""

import csv
import io
import re
from collections.abc import Iterable

# A spreadsheet would run what begins so; a bare number, such as a phone's, it only shows.
_FORMULA = re.compile(r"(?!\+?\d+$)[=+\-@\t\r]")


def row(cells: Iterable[str]) -> bytes:
    """One line of CSV in UTF-8, with an apostrophe before every cell that would be taken for a formula."""
    out = io.StringIO()
    csv.writer(out).writerow("'" + cell if _FORMULA.match(cell) else cell for cell in cells)
    return out.getvalue().encode()
