"""Filter: which log lines are wanted, in the syntax of `RUST_LOG`.

A comma list of `target=level`, a bare `target` (all its lines) and a bare `level` (every other target).
The directive with the longest matching target decides; `estuary` matches `estuary` and `estuary::http`,
never `estuary_too`. Case does not matter, and `estuary.http` is `estuary::http`: loggers of Python have
dots.

Targets that no directive mentions log their errors: a service must not lose those because an operator asked
for other lines alone (tracing's `EnvFilter` switches them off). Other programs' targets, such as the
`tower_http=warn` and `tokio=warn` of operators' files, are accepted and change nothing. But a target of
Estuary has to exist, and a word that stands alone has to be known: `estuary::htp=debug` and `warning` would
match no line, and so leave only errors of everything.
"""

from collections.abc import Iterable
from enum import IntEnum


class Level(IntEnum):
    """How much a line matters; a filter at one level lets it and those above it in the list pass."""

    OFF = 0
    ERROR = 1
    WARN = 2
    INFO = 3
    DEBUG = 4
    TRACE = 5


PARTS = ("access", "audit", "auth", "config", "http", "server", "service", "store", "telemetry")
"""The parts of Estuary, each with its own target: `estuary::access`."""
_ROOT = "estuary"
TARGETS = (_ROOT, *(f"{_ROOT}::{part}" for part in PARTS))
"""All that Estuary itself logs under."""
_OF_ESTUARY = f"{_ROOT}, {_ROOT}:: with one of {', '.join(PARTS)}"
_LIBRARIES = ("aiohttp", "alembic", "asyncio", "asyncpg", "concurrent", "sqlalchemy")
_LEVELS = {level.name.lower(): level for level in Level}
_ALMOST_ROOT = 0.85
"""How similar (`difflib`) a misspelt `estuary` is: a letter is wrong, missing or swapped with the next."""
_SIMILAR = 0.6
"""The same of any other misspelt word: `difflib`'s own default."""
_LONGEST_SHOWN = 60
"""Characters of a wrong directive that its error repeats."""


class Filter:
    """Directives, parsed; raises `ValueError` that names a wrong one, and what may have been meant."""

    def __init__(self, directives: str) -> None:
        self._bare: Level | None = None
        self._targets: dict[str, Level] = {}
        for directive in directives.split(","):
            self._add(directive.strip())
        self._longest_first = sorted(self._targets, key=len, reverse=True)

    def level(self, target: str) -> Level:
        """The least important level that `target` may log."""
        target = target.lower()
        for prefix in self._longest_first:
            if target == prefix or target.startswith(f"{prefix}::"):
                return self._targets[prefix]
        return self._fallback

    @property
    def widest(self) -> Level:
        """The least important level that any target may log."""
        return max(self._fallback, *self._targets.values(), Level.OFF)

    @property
    def mentions_estuary(self) -> bool:
        """Whether a directive is about Estuary's own lines; else only errors are left of them."""
        return self._bare is not None or not self._targets.keys().isdisjoint(TARGETS)

    @property
    def _fallback(self) -> Level:
        return Level.ERROR if self._bare is None else self._bare

    def _add(self, directive: str) -> None:
        name, assigned, level = (part.strip().lower() for part in directive.partition("="))
        target = name.replace(".", "::")
        if not directive:
            return
        if assigned:
            _check_target(directive, target)
            if level not in _LEVELS:
                raise _wrong_level(directive, level)
            self._targets[target] = _LEVELS[level]
        elif name in _LEVELS:
            self._bare = _LEVELS[name]
        elif target in TARGETS or target.partition("::")[0] in _LIBRARIES:
            self._targets[target] = Level.TRACE
        else:
            raise _wrong_word(directive)


def _check_target(directive: str, target: str) -> None:
    """Raise `ValueError` unless something may log under `target`, of Estuary or of another program."""
    if not target.replace("::", "").replace("_", "").replace("-", "").isalnum():
        raise ValueError(
            f"{directive[:_LONGEST_SHOWN]!r} has no target such as estuary::http in front of its ="
        )
    root, _, part = target.partition("::")
    if target not in TARGETS and _near(root, [_ROOT], _ALMOST_ROOT):
        near = _near(part, PARTS)
        meant = f" ({'::'.join([_ROOT, *near])} meant?)" if near or not part else ""
        raise ValueError(
            f"{directive[:_LONGEST_SHOWN]!r} has a target that nothing logs under{meant}: "
            f"targets are {_OF_ESTUARY}, and those of other programs"
        )


def _wrong_level(directive: str, level: str) -> ValueError:
    return ValueError(
        f"{directive[:_LONGEST_SHOWN]!r} does not end in a level{_meant(level, _LEVELS)}: "
        f"levels are {', '.join(_LEVELS)}"
    )


def _meant(word: str, known: Iterable[str]) -> str:
    near = _near(word.lower(), known)
    return f" ({near[0]} meant?)" if near else ""


def _near(word: str, known: Iterable[str], cutoff: float = _SIMILAR) -> list[str]:
    """The word of `known` that is most similar to `word`, if any is similar enough (`difflib`)."""
    from difflib import get_close_matches  # for what is misspelt, or another program's

    return get_close_matches(word[:_LONGEST_SHOWN], list(known), 1, cutoff)


def _wrong_word(word: str) -> ValueError:
    meant = _meant(word.replace(".", "::"), (*_LEVELS, *TARGETS))
    return ValueError(
        f"{word[:_LONGEST_SHOWN]!r} is neither a level nor target=level nor a target that may stand alone"
        f"{meant}; alone may stand {_OF_ESTUARY}, "
        f"and the libraries {', '.join(_LIBRARIES)}"
    )
