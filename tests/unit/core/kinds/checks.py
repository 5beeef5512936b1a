"""A value under the rule of a kind."""

from typing import Any

import pytest

from estuary.core.kinds.kind import Broken, Kind


def cleaned(value: Any, kind: Kind) -> Any:
    """`value` as the rule of `kind` gives it back."""
    return kind.rule()(value)


def broken(value: Any, kind: Kind) -> tuple[str, str]:
    """Message and code with which the rule of `kind` refuses `value`."""
    with pytest.raises(Broken) as error:
        cleaned(value, kind)
    return error.value.message, error.value.code
