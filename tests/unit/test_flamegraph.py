"""A flame graph has of every frame what the profiler recorded, whichever of the three it was."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from workshop.flamegraph import Call, Frame, draw, stacks, tree

ASK = Call("ask (http/client.py)", "ours")
SEND = Call("send (socket.py)", "python")
WRITE = Call("write", "machine")

PY_SPY = """\
ask (estuary/http/client.py:4);send (socket.py:7) 3
ask (estuary/http/client.py:5) 1
"""
MEMRAY = """\
allocator,num_allocations,size,tid,thread_name,stack_trace
MALLOC,1,30,1,0x1,send;/lib/python3.11/socket.py;7|ask;/x/estuary/http/client.py;4
MALLOC,1,10,1,0x1,ask;/x/estuary/http/client.py;5
"""
PERF = """\
estuary  1 2.5:  2004008 cpu-clock:
\t  1a write+0x4 (/lib/libc.so.6)
\t  85 py::send:/lib/python3.13/socket.py+0x5 (/tmp/jitted-1-5.so)
\t  2b py_trampoline_evaluator+0x70 (/lib/libpython3.13.so.1.0)
\t  f0 PyObject_Vectorcall+0x4e (inlined)
\t  85 py::ask:/x/estuary/http/client.py+0x5 (/tmp/jitted-1-4.so)
\tffffffffffffffff [unknown] ([unknown])

"""


def recorded(folder: Path, text: str, root: str = "") -> Frame:
    """What is made of a profiler's file."""
    path = folder / "recorded"
    path.write_text(text)
    return tree(stacks(path), root)


@pytest.mark.parametrize(("text", "unit"), [(PY_SPY, 1), (MEMRAY, 10)], ids=["py-spy", "memray"])
def test_a_frame_has_what_was_recorded_in_it_and_above_it(tmp_path: Path, text: str, unit: int) -> None:
    """Lines of one function count together; bytes count as samples do."""
    whole = recorded(tmp_path, text)
    assert (4 * unit, 4 * unit) == (whole.weight, whole.above[ASK].weight)
    assert 3 * unit == whole.above[ASK].above[SEND].weight


def test_of_perf_only_what_matters_is_left(tmp_path: Path) -> None:
    """The frames of Python and what the innermost calls; not the interpreter between them, nor gaps."""
    frame, names = recorded(tmp_path, PERF), []
    while frame.above:
        (frame,) = frame.above.values()
        names.append(frame.call)
    assert [ASK, SEND, WRITE] == names


def test_it_begins_where_it_is_told(tmp_path: Path) -> None:
    """What is below the root goes, and stacks without it."""
    whole = recorded(tmp_path, PY_SPY, root="send")
    assert (3, [SEND]) == (whole.weight, list(whole.above))


def test_the_picture_is_true_to_its_figures(tmp_path: Path) -> None:
    """A frame is as wide as its share, says it, and what a profiler names cannot break the picture."""
    whole = recorded(tmp_path, PY_SPY.replace("send", "<send>"))
    root = ET.fromstring(draw(whole, "A & B", "x < y"))  # noqa: S314 - we have just drawn it
    boxes = {
        group[0].text: float(group[1].get("width", ""))
        for group in root.iter("{http://www.w3.org/2000/svg}g")
    }
    assert boxes["<send> (socket.py): 75.0%"] == pytest.approx(0.75 * boxes["all: 100.0%"])
