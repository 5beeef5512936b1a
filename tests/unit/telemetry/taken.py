"""Lines that a test keeps."""

from typing import Any

from estuary.telemetry.lines import Line


class Taken:
    """Keeps the lines it is given, and which of them were urgent."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self.urgent: list[bool] = []

    def __call__(self, line: Line | str, *, urgent: bool = False) -> None:
        """Keep `line`."""
        assert isinstance(line, dict)
        self.lines.append(line)
        self.urgent.append(urgent)
