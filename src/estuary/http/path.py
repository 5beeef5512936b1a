"""A request's path: percent-encoding is undone, but for what would change where its segments end."""

import re
from typing import Final
from urllib.parse import unquote

from estuary.http.errors import InvalidParameter

_KEPT: Final = r"%(2[Ff5])"
_LEFT: Final = r"%2[Ff5]"
_STRAY: Final = r"%(?!2[Ff5])"
_REPLACEMENT: Final = "\ufffd"


def decoded_path(path: str) -> str:
    """`path` with its percent-encoding undone (RFC 3986, 2.4), but for `%2F` and `%25`, which stay.

    A slash that is encoded is part of a segment and separates none (RFC 3986, 2.2); `%25` stays so that
    what was `%252F` is not taken for one. Invalid UTF-8 becomes U+FFFD.
    """
    return unquote(re.sub(_KEPT, r"%25\1", path), errors="replace") if "%" in path else path


def decoded_segment(segment: str) -> str:
    """A segment of what `decoded_path` gave, with all of its percent-encoding undone.

    Raises `InvalidParameter` for what was no percent-encoded UTF-8: it would name another thing than was
    meant. So does U+FFFD, which replaces it.
    """
    encoded = "%" in segment
    if _REPLACEMENT in segment or (encoded and re.search(_STRAY, segment)):
        raise InvalidParameter("path", "Must be percent-encoded UTF-8, without U+FFFD")
    return re.sub(_LEFT, _left, segment) if encoded else segment


def _left(encoded: re.Match[str]) -> str:
    return "%" if encoded[0] == "%25" else "/"


def as_decoded(path: str) -> str:
    """What `decoded_path` would have given for a path that a server has decoded, as far as it can be known.

    Its encoded slashes are slashes already.
    """
    return path.replace("%", "%25")
