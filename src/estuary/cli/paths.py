"""Paths as arguments: `Path` drops a trailing slash, and takes an empty text for the current folder."""

import argparse
import os
from pathlib import Path


def file_path(text: str) -> Path:
    """`text` as the path of a file; refused if it is empty or names a folder."""
    if not text:
        raise argparse.ArgumentTypeError("it is empty: is a variable not set?")
    if text.endswith("/"):
        raise argparse.ArgumentTypeError(f"{text!r} is a folder: name a file")
    return Path(text)


def backup_to_make(text: str) -> Path:
    """The path of a file, or of an existing folder; `-` is refused, as it usually means a stream."""
    if text == "-":
        raise argparse.ArgumentTypeError(
            "a backup is read back, so it cannot be a stream: name a file (./- for one called -), or have "
            "`estuary export` write the records to standard output"
        )
    if not text.endswith("/"):
        return file_path(text)
    if not os.path.isdir(text):  # noqa: PTH112 (Path drops the slash)
        raise argparse.ArgumentTypeError(f"there is no folder {text!r}: make it, or mount its disk, first")
    return Path(text)


def backup_to_read(text: str) -> Path:
    """The path of a file; `-` is refused."""
    if text == "-":
        raise argparse.ArgumentTypeError(
            "a backup is verified before it is read, so it cannot be a stream: name a file (./- for one "
            "called -)"
        )
    return file_path(text)


def file_or_stream(text: str) -> Path | None:
    """The path of a file, None for `-`, a standard stream."""
    return None if text == "-" else file_path(text)
