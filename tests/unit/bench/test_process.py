"""Servers are waited for, and their failure is reported in their own words."""

import sys
from pathlib import Path

import psutil
import pytest

from bench.cores import choose
from bench.process import Launch, NotReady, free_port, serve

SERVER = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/ready" else 503)
        self.end_headers()

HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def test_a_server_is_pinned_weighed_and_stopped(tmp_path: Path) -> None:
    """Inside the block it answers on its one core; after it, its process is gone."""
    port, core = free_port(), choose().server
    launch = Launch([sys.executable, "-c", SERVER, str(port)])

    with serve(launch, port, tmp_path, "/ready", core) as server:
        assert [core] == psutil.Process(server.pid).cpu_affinity()
        assert server.ready_after > 0
        assert server.weigh().rss >= server.weigh().pss > 1

    assert not psutil.pid_exists(server.pid)


def test_a_server_that_ends_is_not_waited_for(tmp_path: Path) -> None:
    """Its last words are in the error."""
    launch = Launch([sys.executable, "-c", "raise SystemExit('no such store')"])

    with pytest.raises(NotReady, match="no such store"), serve(launch, free_port(), tmp_path, "/", 0):
        pass
