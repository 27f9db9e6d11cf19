"""One operation on a dict of properties: the table of domain 6."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles import properties
from profiles.properties import MOST_ITEMS, Outcome

HUNDRED = [str(n) for n in range(100)]


@pytest.mark.parametrize(
    ("before", "op", "value", "after"),
    [
        # set
        (None, "set", "gold", "gold"),
        ("gold", "set", "a, b", "a, b"),
        ("gold", "set", "TRUE", True),
        (True, "set", "false", False),
        (1, "set", True, True),
        # increment and decrement
        (None, "increment", 5, 5),
        (None, "decrement", 5, -5),
        (2, "increment", "1.5", 3.5),
        (0.1, "increment", 0.2, 0.3),
        (2.5, "increment", 0.5, 3),
        (2, "decrement", 5, -3),
        # add
        (None, "add", "a", ["a"]),
        (None, "add", "a, b,,a", ["a", "b"]),
        ("a", "add", "b", ["a", "b"]),
        (5, "add", "b", ["5", "b"]),
        (["a", "b"], "add", ["b", "c"], ["a", "b", "c"]),
        (HUNDRED, "add", "new", [*HUNDRED[1:], "new"]),
        # remove
        (None, "remove", "a", None),
        (["a", "b", "c"], "remove", "a,c", ["b"]),
        (["a"], "remove", "a", None),
        ("a", "remove", "a", None),
        ("a", "remove", "b", "a"),
        (["a"], "remove", "b", ["a"]),
        # delete
        ("a", "delete", None, None),
        (None, "delete", None, None),
    ],
)
def test_what_an_operation_makes_of_a_property(before, op, value, after):
    stored = {"other": 1} if before is None else {"other": 1, "p": before}
    outcome = properties.apply(stored, "p", op, value)
    assert stored == ({"other": 1} if after is None else {"other": 1, "p": after})
    assert type(stored.get("p")) is type(after)
    same = type(before) is type(after) and before == after
    assert outcome is (Outcome.SAME if same else Outcome.CHANGED)


def test_a_single_value_keeps_its_commas():
    stored = {}
    properties.apply(stored, "p", "add", "Berlin, Mitte", single=True)
    properties.apply(stored, "p", "add", "Hamburg", single=True)
    properties.apply(stored, "p", "remove", "Berlin, Mitte", single=True)
    assert stored == {"p": ["Hamburg"]}


@pytest.mark.parametrize(
    ("before", "value"), [("five", 1), ("5", 1), (True, 1), (["a"], 1), (5, "one"), (5, None), (5, "inf")]
)
def test_what_is_no_number_stays_as_it_is(before, value):
    stored = {"p": before}
    assert properties.apply(stored, "p", "increment", value) is Outcome.NOT_A_NUMBER
    assert stored == {"p": before}


def test_an_unknown_operation_is_an_error():
    with pytest.raises(ValueError, match="rename"):
        properties.apply({}, "p", "rename", 1)


texts = st.text(alphabet="abc", min_size=1, max_size=2)
stored_values = (
    st.none() | st.integers() | st.booleans() | texts | st.lists(texts, min_size=1, max_size=100, unique=True)
)


@given(before=stored_values, items=st.lists(texts, max_size=120))
def test_lists_hold_each_text_once_and_at_most_a_hundred(before, items):
    stored = {} if before is None else {"p": before}
    properties.apply(stored, "p", "add", items)
    after = stored.get("p", [])
    if isinstance(after, list):
        assert len(after) == len(set(after)) <= MOST_ITEMS
        assert set(items[-MOST_ITEMS:]) <= set(after) or len(set(items)) > MOST_ITEMS
    properties.apply(stored, "p", "remove", list(after) if isinstance(after, list) else after, single=True)
    assert "p" not in stored


@given(before=st.none() | st.integers(-(10**9), 10**9), amount=st.integers(-(10**9), 10**9))
def test_what_is_added_can_be_taken_away_again(before, amount):
    stored = {} if before is None else {"p": before}
    properties.apply(stored, "p", "increment", amount)
    properties.apply(stored, "p", "decrement", amount)
    assert stored == {"p": before or 0}
