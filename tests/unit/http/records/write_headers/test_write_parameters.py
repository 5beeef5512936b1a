"""The query string of a write: one parameter, which is what it says, or 400."""

import pytest

from estuary.http.errors import InvalidParameter
from estuary.http.records.expansion import NO_EXPANSIONS
from estuary.http.records.write_headers.write_parameters import write_parameters


@pytest.mark.parametrize(
    ("query", "dry_run"),
    [
        ("validate_only=true", True),
        ("validate_only=false", False),
        ("&validate_only=tru%65&", True),
        ("", False),
    ],
)
def test_a_dry_run_is_asked_for_in_words(query: str, dry_run: bool) -> None:
    """Form-decoded as every parameter is."""
    assert dry_run == write_parameters(query, NO_EXPANSIONS).dry_run


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("validate_only=1", "validate_only: Must be true or false"),
        ("validate_only=True", "validate_only: Must be true or false"),
        ("validate_only=false&validate_only=true", "validate_only: Must be given once"),
        ("validate_onli=true", "validate_onli: Parameter is unknown; did you mean validate_only?"),
        ("limit=1", "limit: Parameter is unknown; the only one is validate_only"),
        ("=true", "query: A parameter has no name; the only one is validate_only"),
        ("validate_only=%", "validate_only: Must be percent-encoded UTF-8"),
    ],
)
def test_anything_else_is_refused(query: str, message: str) -> None:
    """What was meant for a dry run must never be a write."""
    with pytest.raises(InvalidParameter) as refused:
        write_parameters(query, NO_EXPANSIONS)
    assert message == refused.value.message
