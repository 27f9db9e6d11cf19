"""Arrays arrive in PostgreSQL as they were."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.lib import arrays, sql

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
CASES = {
    "text": texts,
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "double precision": st.floats(allow_nan=False),
    "timestamptz": st.datetimes(
        datetime(1, 1, 2),  # noqa: DTZ001 (bounds are without, by hypothesis's rule)
        datetime(9999, 12, 30),  # noqa: DTZ001
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=5.5))]),
    ),
}


@pytest.mark.parametrize("kind", CASES)
def test_every_value_comes_back(kind: str, db: None) -> None:
    @given(st.lists(st.none() | CASES[kind], max_size=5))
    def check(values: list[object]) -> None:
        literal = arrays.literal(values)  # type: ignore[arg-type]
        assert sql.rows(f"SELECT v FROM unnest(%(v)s::{kind}[]) AS v", {"v": literal}) == [(v,) for v in values]  # noqa: S608

    check()


@pytest.mark.parametrize("text", ["NULL", "null", "", "{}", '"', "\\", "a,b", " x ", "{1,2}"])
def test_no_text_is_taken_for_syntax(text: str, db: None) -> None:
    assert sql.rows("SELECT v FROM unnest(%(v)s::text[]) AS v", {"v": arrays.literal([text])}) == [(text,)]
