"""What the log says of authentication: enough for an operator, and never a token."""

from typing import Any

from estuary.core.identity import Refusal
from estuary.core.observations import AuthFailed, KeysFetched, KeysMissed, KeysNotKept, Observation
from estuary.telemetry.auth_journal import AuthJournal
from estuary.telemetry.filter import Level
from estuary.telemetry.logger import Logger
from estuary.telemetry.observers import Observers
from tests.support.clocks import SettableClock

SOURCE = "https://issuer.test/keys"


class Written:
    """The lines of one journal."""

    def __init__(self, level: Level) -> None:
        self.lines: list[dict[str, Any]] = []
        self.clock = SettableClock()
        self.observers = Observers()
        AuthJournal(Logger("estuary::auth", level, self._put, self.clock), self.clock).subscribe(
            self.observers
        )

    def _put(self, line: Any, *, urgent: bool = False) -> None:
        del urgent
        self.lines.append(line)

    def told(self, *observations: Observation) -> list[tuple[str, str]]:
        """Level and message of the lines that these make."""
        before = len(self.lines)
        for observation in observations:
            self.observers(observation)
        return [(line["level"], line["message"]) for line in self.lines[before:]]


def test_refusals_are_told_once_a_second_with_their_number() -> None:
    """A flood of bad tokens fills no disk."""
    written = Written(Level.WARN)
    refused = AuthFailed(Refusal.EXPIRED, "192.0.2.1")
    assert [("WARN", "authentication failed")] == written.told(refused, refused, refused)
    written.clock.advance(1.0)
    written.told(refused)
    line = written.lines[-1]
    assert (3, "expired", "192.0.2.1") == (line["count"], line["reason"], line["client"])


def test_fetches_of_keys_are_told_by_what_they_mean() -> None:
    """New keys are worth a line, none at all a warning, and an issuer that never answered an error."""
    written = Written(Level.DEBUG)
    assert [
        ("INFO", "keys fetched"),
        ("DEBUG", "keys are as they were"),
        ("WARN", "keys fetched, but none can be used"),
        ("WARN", "keys not fetched; the ones there are stay in use"),
        ("ERROR", "keys not fetched"),
        ("WARN", "keys not kept for the next start"),
    ] == written.told(
        KeysFetched(SOURCE, ("a",), changed=True),
        KeysFetched(SOURCE, ("a",), changed=False),
        KeysFetched(SOURCE, (), changed=True),
        KeysMissed(SOURCE, "it answered 503", usable=True),
        KeysMissed(SOURCE, "it answered 503", usable=False),
        KeysNotKept(SOURCE, "No space left on device"),
    )
    assert {SOURCE} == {line["source"] for line in written.lines}


def test_what_the_filter_refuses_is_not_written() -> None:
    """At ERROR only failures that refuse every token."""
    written = Written(Level.ERROR)
    assert [("ERROR", "keys not fetched")] == written.told(
        AuthFailed(Refusal.EXPIRED, "192.0.2.1"),
        KeysFetched(SOURCE, ("a",), changed=True),
        KeysMissed(SOURCE, "it answered 503", usable=True),
        KeysMissed(SOURCE, "it answered 503", usable=False),
    )
