"""Paths as arguments: `Path` drops a slash at the end, and takes the empty text for the folder here."""

import argparse
import os
from pathlib import Path


def file_path(text: str) -> Path:
    """`text` as the path of a file; refused where it is empty or names a folder."""
    if not text:
        raise argparse.ArgumentTypeError("it is empty: is a variable not set?")
    if text.endswith("/"):
        raise argparse.ArgumentTypeError(f"{text!r} is a folder: name a file")
    return Path(text)


def backup_to_make(text: str) -> Path:
    """The path of a file, or of a folder that is there; never `-`, which is no file elsewhere."""
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
    """The path of a file; never `-`."""
    if text == "-":
        raise argparse.ArgumentTypeError(
            "a backup is verified before it is read, so it cannot be a stream: name a file (./- for one "
            "called -)"
        )
    return file_path(text)


def file_or_stream(text: str) -> Path | None:
    """The path of a file, None for `-`, a standard stream."""
    return None if text == "-" else file_path(text)
