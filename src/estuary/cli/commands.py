"""The type of argparse's subcommands, to which each module adds its own."""

import argparse
from typing import Protocol


class Commands(Protocol):
    """The subparsers of a parser; argparse has no public name for their type."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser:  # noqa: A002 - argparse's word
        """The parser of a subcommand."""
        ...
