"""Draws a flame graph from what a profiler recorded: a still SVG that anybody can read, for a document.

    py-spy record --pid PID --format raw --output read.txt     perf script > read.txt
    memray transform csv --output read.csv FILE

    python workshop/flamegraph.py read.txt --title 'Reads' --description 'What is seen.' > reads.svg

A frame is as wide as its share of the samples, or of the bytes; what it calls stands on it. Tools draw such
pictures themselves, to be clicked through: this one is for light and dark, and says in words what it shows.
"""

import argparse
import csv
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, MARGIN, HEAD = 1000, 16, 64
ROW, LETTER = 18, 6.6
NARROWEST = 0.002
"""The smallest share that is drawn."""

LETTERS = "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif"
STYLE = """
  .paper { fill: #ffffff } .head { fill: #10212e; font-size: 17px; font-weight: 620 }
  .quiet { fill: #5c6b77; font-size: 12px } .name { fill: #10212e; font-size: 11px }
  rect { stroke: #ffffff; stroke-width: .6 }
  .ours { fill: #7cc4da } .python { fill: #f2d08a } .machine { fill: #d3dbe1 }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0f171d } .head { fill: #e9f0f4 } .quiet { fill: #8fa1ae } .name { fill: #f2f6f8 }
    rect { stroke: #0f171d }
    .ours { fill: #17627c } .python { fill: #77591b } .machine { fill: #3a4852 }
  }
"""
KINDS = {"ours": "Estuary", "python": "other Python", "machine": "C, kernel"}

MACHINERY = re.compile(r"libpython|/python3")
"""What runs Python's frames: seen by perf between any two of them."""
NOWHERE = {"inlined", "[unknown]"}
"""What perf says of a frame without a symbol, or that it cannot place."""
PERF_FRAME = re.compile(r"^\s+[0-9a-f]+ (?P<name>.+?) \((?P<module>[^()]*(?:\([^()]*\))?)\)$")
PYTHON_FRAME = re.compile(r"^py::(?P<name>[^:]+):(?P<path>.+?)(?:\+0x[0-9a-f]+)?$")


class Call(NamedTuple):
    """A frame: what it is called, and whose it is."""

    name: str
    kind: str


class Frame:
    """A frame with all that was recorded in it and above it."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.weight = 0
        self.above: dict[Call, Frame] = {}


Stack = tuple[list[Call], int]
"""The frames from the outermost to the innermost, and what was recorded there: samples, or bytes."""


def python_call(name: str, path: str) -> Call:
    """A frame of Python, with the end of its file's path."""
    _, ours, within = path.rpartition("estuary/")
    place = f"{within if ours else Path(path).name}"
    return Call(f"{name} ({place})" if place else name, "ours" if ours else "python")


def of_py_spy(lines: Iterable[str]) -> Iterator[Stack]:
    """Stacks in a line each, frames parted by semicolons, behind them how often."""
    for line in lines:
        frames, _, count = line.rstrip().rpartition(" ")
        yield [_of_py_spy(frame) for frame in frames.split(";")], int(count)


def _of_py_spy(frame: str) -> Call:
    match = re.fullmatch(r"(.+?) \((.+?):\d+\)", frame)
    return python_call(match[1], match[2]) if match else Call(frame, "machine")


def of_memray(lines: Iterable[str]) -> Iterator[Stack]:
    """Allocations that were held at the peak, a line each, the innermost frame first."""
    for row in csv.DictReader(lines):
        frames = [frame.split(";") for frame in row["stack_trace"].split("|") if frame]
        yield [python_call(name, path) for name, path, _ in reversed(frames)], int(row["size"])


def of_perf(lines: Iterable[str]) -> Iterator[Stack]:
    """Samples, each a head and a line a frame, the innermost first."""
    frames: list[tuple[str, str]] = []
    for line in (*lines, ""):
        if match := PERF_FRAME.match(line):
            frames.append((match["name"], match["module"]))
        elif not line.strip() and frames:
            yield list(_of_perf(frames)), 1
            frames = []


def _of_perf(frames: Sequence[tuple[str, str]]) -> Iterator[Call]:
    """From the outermost on, without what only carries one frame of Python to the next."""
    innermost = next((at for at, (name, _) in enumerate(frames) if name.startswith("py::")), 0)
    for at in reversed(range(len(frames))):
        name, module = frames[at]
        if match := PYTHON_FRAME.match(name):
            yield python_call(match["name"], match["path"])
        elif (
            name != "[unknown]" and (at < innermost or not MACHINERY.search(module)) and module != "inlined"
        ):
            yield Call(name.partition("+")[0], "machine")


def stacks(path: Path) -> Iterator[Stack]:
    """What was recorded, by whichever of the three."""
    with path.open() as file:
        first = file.readline()
    with path.open() as file:
        if first.startswith("allocator,"):
            yield from of_memray(file)
        elif "cpu-clock" in first or "cycles" in first:
            yield from of_perf(file)
        else:
            yield from of_py_spy(file)


def tree(recorded: Iterable[Stack], root: str) -> Frame:
    """All stacks in one; where `root` is in a stack, from there on, and without those that lack it."""
    whole = Frame(Call("all", "machine"))
    for calls, weight in recorded:
        start = next((at for at, call in enumerate(calls) if root in call.name), None)
        if start is None:
            continue
        frame = whole
        for call in calls[start:]:
            frame.weight += weight
            frame = frame.above.setdefault(call, Frame(call))
        frame.weight += weight
    return whole


def depth(frame: Frame, least: float) -> int:
    """How many rows a frame takes with those above it."""
    above = [depth(each, least) for each in frame.above.values() if each.weight >= least]
    return 1 + max(above, default=0)


def boxes(frame: Frame, left: float, bottom: float, scale: float, whole: int) -> Iterator[str]:
    """The frame and those above it, the widest first."""
    width = frame.weight * scale
    share = frame.weight / whole
    name = frame.call.name
    yield (
        f'<g><title>{escape(name)}: {share:.1%}</title><rect class="{frame.call.kind}" x="{left:.1f}" '
        f'y="{bottom - ROW}" width="{width:.1f}" height="{ROW - 1}" rx="1.5"/>'
    )
    if shown := shortened(name, int((width - 4) / LETTER)):
        yield f'<text class="name" x="{left + 3:.1f}" y="{bottom - 5.5}">{escape(shown)}</text>'
    yield "</g>"
    for each in sorted(frame.above.values(), key=lambda above: -above.weight):
        if each.weight >= NARROWEST * whole:
            yield from boxes(each, left, bottom - ROW, scale, whole)
        left += each.weight * scale


def shortened(name: str, letters: int) -> str:
    """As much of a name as fits, nothing where that says nothing."""
    if len(name) <= letters:
        return name
    return f"{name[: letters - 1]}…" if letters >= 5 else ""


def draw(frame: Frame, title: str, description: str) -> str:
    """The picture as one document."""
    rows = depth(frame, NARROWEST * frame.weight)
    height = HEAD + rows * ROW + MARGIN
    scale = (WIDTH - 2 * MARGIN) / frame.weight
    legend = "".join(
        f'<rect class="{kind}" x="{MARGIN + 120 * at}" y="40" width="11" height="11"/>'
        f'<text class="quiet" x="{MARGIN + 120 * at + 17}" y="50">{each}</text>'
        for at, (kind, each) in enumerate(KINDS.items())
    )
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-labelledby="title desc" font-family="{LETTERS}">'
    )
    return "\n".join(
        [
            opening,
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="desc">{escape(description)}</desc>',
            f"<style>{STYLE}</style>",
            f'<path class="paper" d="M0 0h{WIDTH}v{height}H0z"/>',
            f'<text class="head" x="{MARGIN}" y="27">{escape(title)}</text>{legend}',
            *boxes(frame, MARGIN, height - MARGIN, scale, frame.weight),
            "</svg>\n",
        ]
    )


def main() -> None:
    """Read what the arguments name, and print the picture."""
    parser = argparse.ArgumentParser(description="Draw a flame graph as a still SVG.")
    parser.add_argument("recorded", type=Path, help="of py-spy (raw), of perf script, or of memray (csv)")
    parser.add_argument("--title", required=True)
    parser.add_argument("--description", required=True, help="text alternative of the picture")
    parser.add_argument("--root", default="", help="begin at the frame that has this in its name")
    given = parser.parse_args()
    whole = tree(stacks(given.recorded), given.root)
    if not whole.weight:
        parser.error(f"{given.recorded} has no stack with {given.root!r} in it")
    sys.stdout.write(draw(whole, given.title, given.description))


if __name__ == "__main__":
    main()
