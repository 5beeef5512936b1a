"""Exposition: metric families as text, in the format that a scraper asks for.

Formats: Prometheus text 0.0.4 and OpenMetrics 1.0. OpenMetrics' optional `_created` samples are left out:
they would add a series for each counter and histogram, and Prometheus ingests them as such.
"""

from collections.abc import Callable, Iterable, Iterator

from estuary.telemetry.registry import Family, Sample

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

_OPENMETRICS_VERSIONS = frozenset({"", "0.0.1", "1.0.0"})
_LARGEST_EXACT = 2.0**53
_LABEL_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
_TEXT_HELP_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n"})


class Exposition:
    """The port `Exposition` over whatever `collect` reads."""

    def __init__(self, collect: Callable[[], Iterable[Family]]) -> None:
        self._collect = collect

    def render(self, accept: str) -> tuple[str, bytes]:
        """The content type and the body for a request whose Accept header is `accept` ("" without one)."""
        openmetrics = prefers_openmetrics(accept)
        lines = [line for family in self._collect() for line in _family_lines(family, openmetrics)]
        if openmetrics:
            lines.append("# EOF\n")
        # A device or a folder may have a name that is not UTF-8.
        body = "".join(lines).encode("utf-8", "replace")
        return (OPENMETRICS if openmetrics else TEXT), body


def prefers_openmetrics(accept: str) -> bool:
    """Whether `accept` names OpenMetrics (in a version spoken here) at no lower quality than plain text.

    Wildcards count for plain text alone (RFC 9110, section 12.5.1: the most specific range decides).
    """
    openmetrics = 0.0
    plain: dict[str, float] = {}
    for media_type, version, quality in _ranges(accept):
        if media_type == "application/openmetrics-text" and version in _OPENMETRICS_VERSIONS:
            openmetrics = max(openmetrics, quality)
        elif media_type in ("text/plain", "text/*", "*/*"):
            plain[media_type] = max(plain.get(media_type, 0.0), quality)
    named = (plain[media_type] for media_type in ("text/plain", "text/*", "*/*") if media_type in plain)
    return openmetrics > 0.0 and openmetrics >= next(named, 0.0)


def _ranges(accept: str) -> Iterator[tuple[str, str, float]]:
    for media_range in accept.lower().split(","):
        media_type, *parameters = (part.strip() for part in media_range.split(";"))
        named = dict(parameter.partition("=")[::2] for parameter in parameters)
        yield media_type, named.get("version", "").strip('"'), _quality(named.get("q", "1"))


def _quality(text: str) -> float:
    try:
        quality = float(text)
    except ValueError:
        return 0.0
    return quality if 0.0 <= quality <= 1.0 else 0.0


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
