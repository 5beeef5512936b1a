"""Exposition: metric families as text, in the format that a scraper asks for.

Formats: Prometheus text 0.0.4 and OpenMetrics 1.0. OpenMetrics' optional `_created` samples are left out:
they would add a series for each counter and histogram, and Prometheus ingests them as such.
"""

import time
from collections.abc import Callable, Iterable, Iterator

from estuary.telemetry.registry import Family, Sample

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

IN_A_ROW, A_SECOND = 100, 25
"""How many scrapes read new values: so many at once, and so many a second for as long as one likes.

A scrape costs as much as some thirty small requests, and where it is open anybody may ask for it.
"""

_LARGEST_EXACT = 2.0**53
_LABEL_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
_TEXT_HELP_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n"})


class Exposition:
    """The port `Exposition` over whatever `collect` reads; `monotonic` is the clock, in seconds."""

    def __init__(
        self,
        collect: Callable[[], Iterable[Family]],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._collect = collect
        self._monotonic = monotonic
        self._left = float(IN_A_ROW)
        self._counted = monotonic()
        self._last: dict[bool, bytes] = {}

    def render(self, *, openmetrics: bool) -> tuple[str, bytes]:
        """The port's `render`; scrapes past the rate limit get the last reading."""
        body = self._last.get(openmetrics)
        if self._may_read() or body is None:
            body = self._last[openmetrics] = self._read(openmetrics)
        return (OPENMETRICS if openmetrics else TEXT), body

    def _may_read(self) -> bool:
        now = self._monotonic()
        self._left = min(IN_A_ROW, self._left + (now - self._counted) * A_SECOND)
        self._counted = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True

    def _read(self, openmetrics: bool) -> bytes:
        lines = [line for family in self._collect() for line in _family_lines(family, openmetrics)]
        if openmetrics:
            lines.append("# EOF\n")
        # A device or a folder may have a name that is not UTF-8.
        return "".join(lines).encode("utf-8", "replace")


def _family_lines(family: Family, openmetrics: bool) -> Iterator[str]:
    name = family.name
    if openmetrics:
        described = name.removesuffix("_total") if family.kind == "counter" else name
        help_text = family.help.translate(_LABEL_ESCAPES)
    else:
        described = name
        help_text = family.help.translate(_TEXT_HELP_ESCAPES)
    yield f"# HELP {described} {help_text}\n# TYPE {described} {family.kind}\n"
    for sample in family.samples:
        yield f"{name}{sample.suffix}{_labels(sample)} {number(sample.value)}\n"


def _labels(sample: Sample) -> str:
    if not sample.labels:
        return ""
    pairs = (f'{name}="{value.translate(_LABEL_ESCAPES)}"' for name, value in sample.labels)
    return "{" + ",".join(pairs) + "}"


def number(value: float) -> str:
    """`value` as both formats read it, whole numbers without a fraction."""
    value = float(value)
    if value.is_integer() and abs(value) <= _LARGEST_EXACT:
        return str(int(value))
    return {"inf": "+Inf", "-inf": "-Inf", "nan": "NaN"}.get(text := repr(value), text)
