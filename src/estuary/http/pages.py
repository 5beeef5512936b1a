"""Pages for a browser: their files as answers, and the routes that lead to them."""

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from posixpath import dirname
from types import MappingProxyType
from typing import Final

from estuary.core.errors import NotFound
from estuary.http.header_fields import Fields
from estuary.http.kernel import FILE
from estuary.http.messages import CSP, Handler, Header, PageResponse, Request, Response, Route
from estuary.http.records.write_headers.preconditions import is_known
from estuary.http.routes import make_route
from estuary.pages.page import Page, PageFile

_MARK_CHARACTERS: Final = 8
_REVALIDATE: Final[Header] = ("cache-control", "no-cache")
_IMMUTABLE: Final[Header] = ("cache-control", "public, max-age=31536000, immutable")
_VARY_CODING: Final[Header] = ("vary", "Accept-Encoding")
_GZIP: Final[Header] = ("content-encoding", "gzip")
_is_gzip: Final = re.compile(
    r"(?:^|,)[ \t]*(?:x-)?gzip[ \t]*(?:;[ \t]*q=(?!0(?:\.0*)?[ \t]*(?:,|$))[^,]*)?(?:,|$)", re.IGNORECASE
).search
"""An element of Accept-Encoding that accepts gzip: no weight, or one above 0 (RFC 9110, 12.5.3)."""


class PageHandlers:
    """Answers requests for the page at `path`, `/docs` say, of which `policy` says what it may do.

    `beside` are files that are made at start-up, by their names, in the index's folder.
    """

    def __init__(
        self, path: str, page: Page, policy: str, beside: Mapping[str, PageFile] = MappingProxyType({})
    ) -> None:
        self.path = path
        self.allow(policy)
        self._location: Header = ("location", f"{path.rpartition('/')[2]}/")
        fresh = {"": page.front, **page.files, **beside}
        self._files = {f"{path}/{name}": (file, _REVALIDATE) for name, file in fresh.items()}
        self._files |= {
            f"{path}/{page.version}/{name}": (file, _IMMUTABLE) for name, file in page.files.items()
        }

    def allow(self, policy: str) -> None:
        """Set the page's policy.

        Entity tags depend on it: a browser that has the file must not keep the policy that came with it.
        """
        self._policy: Header = (CSP, policy)
        self._mark = sha256(policy.encode()).hexdigest()[:_MARK_CHARACTERS]

    @property
    def folders(self) -> Sequence[str]:
        """The paths that lead to files, without a slash at the end."""
        return sorted({dirname(path) for path in self._files})

    def moved(self, _: Request) -> Response:
        """308 to the path with a slash at its end: the page's relative addresses resolve below that.

        The location is relative (RFC 9110, 10.2.2): a proxy may have taken a prefix off.
        """
        return PageResponse(308, headers=(self._location, _REVALIDATE, self._policy))

    def file(self, request: Request) -> Response:
        """The file that the path names; 304 where the client has it. Raises `NotFound`."""
        found = self._files.get(request.path)
        if found is None:
            raise NotFound(request.path)
        file, caching = found
        body, tag = file.body, file.tag
        headers: tuple[Header, ...] = (self._policy, caching)
        if file.compressed is not None:
            headers = (*headers, _VARY_CODING)
            if _wants_gzip(request.headers):
                body, tag = file.compressed, file.compressed_tag
                headers = (*headers, _GZIP)
        tag = f'"{tag}-{self._mark}"'
        headers = (*headers, ("etag", tag))
        if is_known(request.headers, tag):
            return PageResponse(304, headers=tuple(each for each in headers if each != _GZIP))
        return PageResponse(200, body, (("content-type", file.media_type), *headers))


def page_routes(handlers: PageHandlers) -> list[Route]:
    """The routes of a page: its path, with and without a slash at the end, and its folders' files."""
    file: dict[str, Handler] = {"GET": handlers.file}
    name = f"{handlers.path}/{FILE}"
    return [
        make_route(handlers.path, {"GET": handlers.moved}),
        make_route(f"{handlers.path}/", file),
        *(make_route(name, file, place=f"{folder}/{FILE}") for folder in handlers.folders),
    ]


def policy(*, connect: Sequence[str] = (), style: Sequence[str] = (), trusted_types: bool = False) -> str:
    """A Content-Security-Policy (level 3) for pages that consist of their own files alone.

    `connect` are other origins that the page may ask, `style` further sources of styles. With
    `trusted_types` no text becomes markup or code in it, whatever a script does.
    """
    directives = [
        "default-src 'none'",
        "script-src 'self'",
        " ".join(["style-src 'self'", *style]),
        "img-src 'self' data:",
        " ".join(["connect-src 'self'", *connect]),
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
    if trusted_types:
        directives += ["require-trusted-types-for 'script'", "trusted-types 'none'"]
    return "; ".join(directives)


def _wants_gzip(headers: Fields) -> bool:
    return _is_gzip(",".join(headers.get_all("accept-encoding"))[:1024]) is not None
