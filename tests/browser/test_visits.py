"""What a page may not do is noticed when it does: the other tests here rely on that."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser

from tests.support.browser import violations, visiting

POLICY = "default-src 'none'; script-src 'unsafe-inline'; connect-src *"
HTML = "<!doctype html><html lang=en><title>A page</title><main><h1>A page</h1>{}</main>"


@contextmanager
def served(body: str) -> Iterator[str]:
    """The origin of a server that gives a page with `body` at its root, else 422."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/" else 422)
            self.send_header("content-type", "text/html")
            self.send_header("content-security-policy", POLICY)
            self.end_headers()
            self.wfile.write(HTML.format(body).encode() if self.path == "/" else b"")

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


FAULTS = """
<p style="color: red">x</p>
<script>console.error("no")</script>
<script>setTimeout(() => { throw new Error("broken") })</script>
<script>fetch("http://elsewhere.example/").catch(() => 0)</script>
<script>fetch("/other")</script>
"""


def test_what_a_page_may_not_do_fails_its_visit(browser: Browser) -> None:
    """Each is reported: by its policy, its console or a script, to another host, and what was not there."""
    with served(FAULTS) as origin:
        with pytest.raises(AssertionError) as raised, visiting(browser, origin) as page:
            page.goto("/", wait_until="networkidle")
        for each in (
            "policy violated: style-src-attr",
            "console: no",
            "script: broken",
            "asked elsewhere: http://elsewhere.example/",
            f"status of 422 (Unprocessable Entity) ({origin}/other)",
        ):
            assert each in str(raised.value)


def test_what_a_page_may_do_does_not(browser: Browser) -> None:
    """Its own scripts, and the API's refusals."""
    with (
        served("<script>fetch('/api/v1/items')</script>") as origin,
        visiting(browser, origin) as page,
    ):
        with page.expect_event("console") as reported:
            page.goto("/")
        assert "422" in reported.value.text


def test_what_not_everyone_can_use_is_told(browser: Browser) -> None:
    """By rule and element; a rule that is left out is not."""
    with served("<input>") as origin, visiting(browser, origin) as page:
        page.goto("/")
        assert ["label (critical): input"] == violations(page)
        assert [] == violations(page, without=["label"])
