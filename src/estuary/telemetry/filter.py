"""Filter: which log lines are wanted, in the syntax of `RUST_LOG`.

A comma list of `target=level`, a bare `target` (all its lines) and a bare `level` (every other target).
The directive with the longest matching target decides; `estuary` matches `estuary` and `estuary::http`,
never `estuary_too`. Targets that no directive mentions log their errors: a service must not lose those
because somebody asked for its own lines alone. Targets that nothing logs under, such as the
`tower_http=warn` and `tokio=warn` of operators' files, are fine and change nothing. A word that stands
alone must be known: `warning` would be a target of its own otherwise, and silence all the others.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from enum import IntEnum


class Level(IntEnum):
    """How much a line matters; a filter at one level lets it and those above it in the list pass."""

    OFF = 0
    ERROR = 1
    WARN = 2
    INFO = 3
    DEBUG = 4
    TRACE = 5


PARTS = ("access", "auth", "config", "http", "server", "service", "store")
"""Of Estuary, each with a target of its own: `estuary::access`."""
_LIBRARIES = ("aiohttp", "alembic", "asyncio", "asyncpg", "concurrent", "sqlalchemy")
_LEVELS = {level.name.lower(): level for level in Level}
_ALONE = ("estuary", *(f"estuary::{part}" for part in PARTS))
_LONGEST_SHOWN = 60
"""Characters of a wrong directive that its error repeats."""


class Filter:
    """Directives, parsed; raises `ValueError` that names a wrong one, and what may have been meant."""

    def __init__(self, directives: str) -> None:
        self._fallback = Level.ERROR
        self._targets: dict[str, Level] = {}
        for directive in directives.split(","):
            self._add(directive.strip())
        self._longest_first = sorted(self._targets, key=len, reverse=True)

    def level(self, target: str) -> Level:
        """The least important level that `target` may log."""
        for prefix in self._longest_first:
            if target == prefix or target.startswith(f"{prefix}::"):
                return self._targets[prefix]
        return self._fallback

    @property
    def widest(self) -> Level:
        """The least important level that any target may log."""
        return max(self._fallback, *self._targets.values(), Level.OFF)

    def _add(self, directive: str) -> None:
        name, assigned, level = (part.strip() for part in directive.partition("="))
        if not directive:
            return
        if assigned:
            if not _is_target(name):
                raise ValueError(
                    f"{directive[:_LONGEST_SHOWN]!r} has no target such as estuary::http in front of its ="
                )
            if level.lower() not in _LEVELS:
                raise _wrong_level(directive, level)
            self._targets[name] = _LEVELS[level.lower()]
        elif name.lower() in _LEVELS:
            self._fallback = _LEVELS[name.lower()]
        elif name in _ALONE or name.partition("::")[0] in _LIBRARIES:
            self._targets[name] = Level.TRACE
        else:
            raise _wrong_word(directive)


def _is_target(name: str) -> bool:
    return name.replace("::", "").replace("_", "").replace("-", "").replace(".", "").isalnum()


def _wrong_level(directive: str, level: str) -> ValueError:
    return ValueError(
        f"{directive[:_LONGEST_SHOWN]!r} does not end in a level{_meant(level, _LEVELS)}: "
        f"levels are {', '.join(_LEVELS)}"
    )


def _meant(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(word[:_LONGEST_SHOWN].lower(), list(known), 1)
    return f" ({near[0]} meant?)" if near else ""


def _wrong_word(word: str) -> ValueError:
    meant = _meant(word, (*_LEVELS, *_ALONE))
    return ValueError(
        f"{word[:_LONGEST_SHOWN]!r} is neither a level nor target=level nor a target that may stand alone"
        f"{meant}; alone may stand estuary, estuary:: with one of {', '.join(PARTS)}, "
        f"and the libraries {', '.join(_LIBRARIES)}"
    )
