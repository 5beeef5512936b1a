"""One of a few texts."""

from estuary.core.kinds.choice import Choice
from tests.unit.core.kinds.checks import broken, cleaned


def test_a_choice_is_taken_literally() -> None:
    """Neither case nor white space is forgiven; the message lists what may be chosen."""
    choices = ("motor", "sail")
    assert "sail" == cleaned("sail", Choice(choices))
    for value in ("Sail", " sail", "", "steam"):
        assert ("must be one of motor, sail", "choice") == broken(value, Choice(choices))
