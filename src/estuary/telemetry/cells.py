"""Cells: every number of the metrics, in one flat buffer of doubles."""

from array import array
from collections.abc import Iterator, MutableSequence, Sequence

Labels = tuple[str, ...]


class Cells:
    """Where each series of each metric lies, and what it holds.

    Writers keep `numbers` and the place of their series, so that counting is one addition. Only this class
    knows which series exist and where they lie: to count over several processes it alone has to change.
    """

    def __init__(self) -> None:
        self.numbers: MutableSequence[float] = array("d")
        self._places: dict[str, dict[Labels, tuple[int, int]]] = {}

    def place(self, metric: str, labels: Labels, width: int) -> int:
        """The first of the `width` cells of a series, which start at zero when it is new."""
        places = self._places.setdefault(metric, {})
        if labels not in places:
            places[labels] = (len(self.numbers), width)
            self.numbers.extend([0.0] * width)
        return places[labels][0]

    def series(self, metric: str) -> Iterator[tuple[Labels, Sequence[float]]]:
        """Each series of `metric`, in order of appearance: its label values and its cells' numbers."""
        for labels, (start, width) in self._places.get(metric, {}).items():
            yield labels, self.numbers[start : start + width]
