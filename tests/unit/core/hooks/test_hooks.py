"""What hooks are declared and refuse with."""

from typing import Any

import pytest

from estuary.core.hooks.hooks import Reject


def test_a_rejection_says_which_field_and_why() -> None:
    """With a code for programs."""
    reject = Reject("days", "Too many")
    assert ("days", "Too many", "rejected") == (reject.field, reject.message, reject.code)


def test_a_rejection_is_made_of_texts() -> None:
    """What is sent to clients cannot be anything else."""
    message: Any = 3
    with pytest.raises(TypeError, match="message must be a str, not int"):
        Reject("days", message)


def test_a_rejection_can_be_sent() -> None:
    """A lone surrogate can be in no answer: it is the hook's error, not the client's."""
    with pytest.raises(UnicodeEncodeError):
        Reject("days", "\ud800")
