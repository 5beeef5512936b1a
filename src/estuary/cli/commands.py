"""What the modules of the commands add themselves to."""

import argparse
from typing import Protocol


class Commands(Protocol):
    """The commands of a parser; argparse has no public name for them."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser:  # noqa: A002 - argparse's word
        """The parser of one more command."""
        ...
