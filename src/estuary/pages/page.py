"""A page as it is served: its files, read once, each with its media type, gzip form and entity tags."""

import gzip
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

INDEX: Final = "index.html"

_FOLDER: Final = Path(__file__).parent
_MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
"""The types of a page's files; any other file in its folder, such as a licence, is not served."""

_RELATIVE: Final = b'="./'
_DIGEST_CHARACTERS: Final = 32
_VERSION_CHARACTERS: Final = 16
_WORTH_COMPRESSING: Final = 0.9


class PageFile(NamedTuple):
    """A file of a page: `compressed` is its gzip form (RFC 1952), None where that saves too little.

    `tag` stands for `body` in strong entity tags, `compressed_tag` for `compressed` (RFC 9110, 8.8.3.3).
    """

    media_type: str
    body: bytes
    compressed: bytes | None
    tag: str
    compressed_tag: str


class Page(NamedTuple):
    """A page's `front`, its index, and its other `files` by their path in its folder.

    `version` changes with any of them: the front names the others below a folder of that name, and so
    browsers may keep them for good.
    """

    version: str
    front: PageFile
    files: Mapping[str, PageFile]


def read_page(name: str) -> Page:
    """The page in the folder `name`; in its index, what begins with `./` is the address of a file."""
    bodies = dict(_bodies(_FOLDER / name))
    version = _digest(*(part for path, body in bodies.items() for part in (path.encode(), body)))
    version = version[:_VERSION_CHARACTERS]
    front = bodies.pop(INDEX).replace(_RELATIVE, _RELATIVE + version.encode() + b"/")
    files = {path: page_file(Path(path).suffix, body) for path, body in bodies.items()}
    return Page(version, page_file(".html", front), files)


def page_file(suffix: str, body: bytes) -> PageFile:
    """A file with a `suffix` that a page may have."""
    digest = _digest(body)[:_DIGEST_CHARACTERS]
    compressed = gzip.compress(body, mtime=0)
    saves = len(compressed) < len(body) * _WORTH_COMPRESSING
    return PageFile(_MEDIA_TYPES[suffix], body, compressed if saves else None, digest, f"{digest}-gzip")


def _bodies(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The files in `folder` that are served, by their path in it, in a fixed order."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in _MEDIA_TYPES:
            yield path.relative_to(folder).as_posix(), path.read_bytes()


def _digest(*parts: bytes) -> str:
    """SHA-256 of `parts`, each prefixed with its length, so that different sequences differ."""
    sha = sha256()
    for part in parts:
        sha.update(len(part).to_bytes(8, "big"))
        sha.update(part)
    return sha.hexdigest()
