"""`matches`: what is read means the same to PostgreSQL and in memory, and everything else is refused."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.lib import sql
from segments import patterns

SIGNS = st.sampled_from(list("ab1_-.é \n\t]"))


def by_postgresql(pattern: str, text: str) -> bool:
    params = {"pattern": patterns.translate(pattern), "text": text}
    return sql.rows("SELECT %(text)s::text ~ %(pattern)s::text", params)[0][0]


pieces = st.one_of(
    st.sampled_from([r"\d", r"\w", r"\s", r"\D", r"\W", r"\S", ".", "^", "$"]),
    st.sampled_from(["[a-b]", "[^a1]", r"[\d\-]", r"[^\s.]", "[_-é]"]),
    st.sampled_from(["a", "b", "1", "_", "-", r"\.", "é", " ", r"\n", r"\t", r"\]", "]", "}"]),
)
quantifiers = st.sampled_from(["", "", "*", "+", "?", "*?", "+?", "{2}", "{1,}", "{0,2}", "{0}"])
grammar = st.recursive(
    st.tuples(pieces, quantifiers).map(lambda pair: pair[0] + ("" if pair[0] in "^$" else pair[1])),
    lambda part: st.one_of(
        st.lists(part, max_size=3).map("".join),
        st.tuples(part, part).map("|".join),
        st.tuples(st.sampled_from(["(", "(?:"]), part, quantifiers).map(
            lambda three: f"{three[0]}{three[1]}){three[2]}"
        ),
    ),
    max_leaves=6,
).filter(lambda pattern: 0 < len(pattern) <= patterns.LONGEST)


@pytest.mark.django_db
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pattern=grammar, text=st.text(SIGNS, max_size=6))
def test_postgresql_and_memory_agree_on_every_pattern_of_the_grammar(pattern, text):
    assert patterns.searcher(pattern)(text) == by_postgresql(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("shop", "https://shop.example/", True),
        ("^shop", "https://shop.example/", False),
        (r"^https://[a-z.]+/p/\d+$", "https://shop.example/p/17", True),
        (r"^https://[a-z.]+/p/\d+$", "https://shop.example/p/17\n", False),
        ("a.b", "a\nb", True),
        ("Sale", "SALE", False),
        (r"utm_\w{3,6}=", "?utm_source=x", True),
        (r"\d", "٣", False),  # digits are ASCII
        (".*?x", "aax", True),
        (r"[\]\\^-]", "\\", True),
    ],
)
@pytest.mark.django_db
def test_patterns_by_example(pattern, text, found):
    assert (patterns.searcher(pattern)(text), by_postgresql(pattern, text)) == (found, found)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("", "The pattern is empty."),
        ("a" * 201, "The pattern has 201 characters; at most 200 are possible."),
        ("a)", "The pattern “a)” closes a group that is not open at character 2."),
        ("(a", "The pattern “(a” leaves a group open at character 2."),
        ("[a", "The pattern “[a” leaves brackets open at character 2."),
        ("[]", "The pattern “[]” has empty brackets at character 2."),
        ("[b-a]", "The pattern “[b-a]” has a range that does not go upwards at character 4."),
        ("*a", "The pattern “*a” has nothing to repeat before at character 1."),
        ("^*", "The pattern “^*” has nothing to repeat before at character 2."),
        ("a**", "The pattern “a**” has nothing to repeat before at character 3."),
        ("a{x}", "The pattern “a{x}” has a { that counts nothing (write \\{ for the sign) at character 2."),
        ("a{101}", "The pattern “a{101}” repeats something other than 0 to 100 times at character 2."),
        ("((a{100}){100})", "The pattern “((a{100}){100})” repeats too much."),
        ("(?=a)", "The pattern “(?=a)” has a group that is not understood: look-around, names and options are not,"),
        ("(?i)a", "The pattern “(?i)a” has a group that is not understood: look-around, names and options are not,"),
        (r"(a)\1", r"The pattern “(a)\1” uses \1, which is not understood, at character 4."),
        (r"\bsale", r"The pattern “\bsale” uses \b, which is not understood, at character 1."),
        ("a\\", "The pattern “a\\” ends with a lone backslash at character 2."),
        ("\x00", "A pattern cannot hold the character U+0000."),
    ],
)
def test_other_patterns_are_refused_with_a_sentence(pattern, message):
    with pytest.raises(patterns.PatternError) as refusal:
        patterns.translate(pattern)
    assert str(refusal.value).startswith(message)


@pytest.mark.django_db
@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a)*$", "(.*)(.*)(.*)(.*)(.*)x", "(a*)*b"])
def test_no_pattern_is_catastrophic(pattern):
    text = "a" * 512 + "!"
    begun = time.monotonic()
    assert not patterns.searcher(pattern)(text)
    assert not by_postgresql(pattern, text)
    assert time.monotonic() - begun < 1
