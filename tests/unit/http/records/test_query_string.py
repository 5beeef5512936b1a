"""Query strings are decoded strictly, and the error for an unknown parameter names the nearest one."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.http.errors import InvalidParameter
from estuary.http.records.query_string import pairs_of, refuse_parameters, unknown


@given(st.lists(st.tuples(st.text(min_size=1), st.text()), max_size=5))
def test_every_text_comes_through(pairs: list[tuple[str, str]]) -> None:
    """Whatever a form encodes is decoded to itself, in its order."""
    assert pairs == pairs_of(urlencode(pairs))


@pytest.mark.parametrize(
    ("query", "pairs"),
    [
        ("", []),
        ("&&", []),
        ("a", [("a", "")]),
        ("a=", [("a", "")]),
        ("a=b=c", [("a", "b=c")]),
        ("a=1;b=2", [("a", "1;b=2")]),
        ("a=x+y%2Bz", [("a", "x y+z")]),
        ("a=%22,(%25_*%5C)", [("a", '",(%_*\\)')]),
        ("%61=%C3%A9", [("a", "é")]),
        ("a=\xc3\xa9", [("a", "é")]),
    ],
)
def test_a_value_is_all_behind_the_first_equals_sign(query: str, pairs: list[tuple[str, str]]) -> None:
    """No character but `&`, `=`, `+` and `%` means anything but itself."""
    assert pairs == pairs_of(query)


@pytest.mark.parametrize("value", ["%", "%4", "%zz", "%u0061", "%ff", "%ed%a0%80", "\xe9", "%C3", "\u20ac"])
def test_what_is_not_encoded_text_is_refused(value: str) -> None:
    """Malformed escapes, invalid UTF-8, lone surrogates: the parameter is named."""
    with pytest.raises(InvalidParameter) as error:
        pairs_of(f"title={value}")
    assert "title: Must be percent-encoded UTF-8" == error.value.message
    with pytest.raises(InvalidParameter) as error:
        pairs_of(f"{value}=1")
    assert "query: Must be percent-encoded UTF-8" == error.value.message


def test_only_so_many_parameters_are_read() -> None:
    """A query string cannot make work for longer than its length warrants."""
    assert 200 == len(pairs_of("&".join(["a=1"] * 200)))
    with pytest.raises(InvalidParameter, match="At most 200"):
        pairs_of("&" * 200)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("titel", "titel: Parameter is unknown; did you mean title?"),
        ("zzz", "zzz: Parameter is unknown; known are limit, title"),
        ("\x00", "\x00: Parameter is unknown; known are limit, title"),
        ("t" * 101, f"{'t' * 100}…: Parameter is unknown; known are limit, title"),
    ],
)
def test_an_unknown_name_is_told_with_what_there_is(name: str, message: str) -> None:
    """The nearest one, or all of a few; a long name is cut off."""
    assert message == unknown(name, ["limit", "title"]).message


def test_a_route_without_parameters_takes_none() -> None:
    """Whatever it is called; separators alone are no parameter."""
    refuse_parameters("&")
    with pytest.raises(InvalidParameter, match="validate_only: Parameter is unknown; none is taken here"):
        refuse_parameters("validate_only=true")
