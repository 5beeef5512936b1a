"""A run as a picture: one panel a question, one bar a contender, drawn in SVG that needs nothing else."""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from bench.report import Report, Topic, number, relative
from bench.series import Series

WIDTH, MARGIN = 860, 32
LABELS_END, BARS_END = 296, 652
ROW, BAR, PANEL_HEAD, PANEL_GAP = 28, 16, 40, 22
TITLE_HEIGHT = 92

STYLE = """
  .paper { fill: #ffffff } .panel { fill: #f5f7f9 }
  .title { fill: #10212e; font-size: 22px; font-weight: 650 }
  .head { fill: #10212e; font-size: 14px; font-weight: 620 }
  .quiet { fill: #5c6b77; font-size: 12px }
  .label { fill: #24343f; font-size: 13px } .ours-label { fill: #0b5c77; font-weight: 620 }
  .figure { fill: #10212e; font-size: 13px; font-variant-numeric: tabular-nums }
  .bar { fill: #b3c0ca } .ours { fill: #1287a8 }
  .spread { stroke: #10212e; stroke-opacity: .55; stroke-width: 1.4; fill: none }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0f171d } .panel { fill: #17222a }
    .title, .head, .figure { fill: #e9f0f4 } .quiet { fill: #8fa1ae }
    .label { fill: #c9d5dc } .ours-label { fill: #6fd0ea }
    .bar { fill: #4a5b67 } .ours { fill: #26a5c8 } .spread { stroke: #e9f0f4 }
  }
"""


def draw(report: Report) -> str:
    """The whole chart as one SVG document; it follows the reader's light or dark theme."""
    topics = [topic for topic in report.topics if topic.series]
    body: list[str] = []
    top = TITLE_HEIGHT
    for topic in topics:
        body += _panel(topic, top)
        top += _panel_height(topic) + PANEL_GAP
    height = top - PANEL_GAP + MARGIN
    return "\n".join([*_opening(height), *_title(report), *body, "</svg>", ""])


def _opening(height: int) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" font-family="system-ui, Segoe UI, Helvetica, Arial, sans-serif">'
    )
    yield "<title>Benchmark of Estuary: medians of interleaved rounds</title>"
    yield f"<style>{STYLE}</style>"
    yield f'<rect class="paper" width="{WIDTH}" height="{height}" rx="10"/>'


def _title(report: Report) -> Iterator[str]:
    machine, settings = report.machine, report.settings
    yield _text(MARGIN, 40, "title", "Estuary beside others, in one run")
    yield _text(
        MARGIN,
        60,
        "quiet",
        f"Median of {settings['rounds']} interleaved rounds; the thin line spans all rounds. "
        f"Server and load on a core each, {settings['connections']} connections.",
    )
    yield _text(
        MARGIN,
        77,
        "quiet",
        f"{machine.processor}, {machine.system}; Python {report.versions.get('python', '?')}; "
        f"commit {report.commit}, {report.finished}",
    )


def _panel(topic: Topic, top: int) -> Iterator[str]:
    scale = (BARS_END - LABELS_END) / max(max(series.values) for series in topic.series)
    unit = topic.series[0].unit
    hint = "more is better" if topic.series[0].more_is_better else "less is better"
    yield (
        f'<rect class="panel" x="{MARGIN - 12}" y="{top}" width="{WIDTH - 2 * MARGIN + 24}" '
        f'height="{_panel_height(topic)}" rx="8"/>'
    )
    yield _text(MARGIN, top + 25, "head", topic.title)
    yield _text(WIDTH - MARGIN, top + 25, "quiet", f"{unit}, {hint}", anchor="end")
    for index, series in enumerate(topic.series):
        yield from _row(topic, series, top + PANEL_HEAD + index * ROW, scale)


def _row(topic: Topic, series: Series, top: int, scale: float) -> Iterator[str]:
    middle = top + BAR / 2 + 2
    baseline = middle + 4.5
    ours = " ours" if series.ours else ""
    label = " ours-label" if series.ours else ""
    yield _text(LABELS_END - 12, baseline, f"label{label}", series.label, anchor="end")
    yield (
        f'<rect class="bar{ours}" x="{LABELS_END}" y="{top + 2}" width="{series.median * scale:.1f}" '
        f'height="{BAR}" rx="3"/>'
    )
    yield from _spread(series.values, middle, scale)
    yield _text(BARS_END + 74, baseline, "figure", number(series.median), anchor="end")
    yield _text(WIDTH - MARGIN, baseline, "quiet", relative(topic, series), anchor="end")


def _spread(values: Sequence[float], middle: float, scale: float) -> Iterator[str]:
    low, high = (LABELS_END + bound * scale for bound in (min(values), max(values)))
    if len(values) > 1:
        yield f'<path class="spread" d="M{low:.1f} {middle:g}H{high:.1f}M{high:.1f} {middle - 3:g}v6"/>'


def _panel_height(topic: Topic) -> int:
    return PANEL_HEAD + ROW * len(topic.series) + 8


def _text(x: float, y: float, style: str, content: str, anchor: str = "start") -> str:
    return f'<text class="{style}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(content)}</text>'
