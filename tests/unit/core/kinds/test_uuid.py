"""UUIDs."""

from typing import Any
from uuid import UUID

import pytest

from estuary.core.kinds.kind import Broken
from estuary.core.kinds.uuid import Uuid
from tests.unit.core.kinds.checks import cleaned

ONE = UUID("0197f3a0-5c1e-7b3a-9d55-0c2a1d9e8f00")


@pytest.mark.parametrize("text", [str(ONE), str(ONE).upper(), ONE.hex], ids=["canonical", "upper", "hex"])
def test_a_uuid_can_be_written_in_several_ways(text: str) -> None:
    """All of which mean the same (RFC 9562, section 4)."""
    assert ONE == Uuid().comparand(text)


@pytest.mark.parametrize("value", [UUID(int=0), UUID(int=2**128 - 1)], ids=str)
def test_every_uuid_passes(value: UUID) -> None:
    """Of whatever version, the first and the last included."""
    assert value == cleaned(value, Uuid())


@pytest.mark.parametrize(
    "value", ["", "x", str(ONE)[:-1], f"{{{ONE}}}", f"urn:uuid:{ONE}", 1, None], ids=repr
)
def test_what_is_no_uuid_is_refused(value: Any) -> None:
    """As a value of another type is."""
    with pytest.raises(Broken, match="must be a UUID"):
        Uuid().comparand(value)


def test_a_default_is_a_uuid() -> None:
    """Not a text of one."""
    with pytest.raises(Broken, match="must be a UUID"):
        Uuid().check_default(str(ONE))
