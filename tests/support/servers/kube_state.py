"""A stand-in for kube-state-metrics: its metrics of a CronJob, in the names and labels of its documents.

https://github.com/kubernetes/kube-state-metrics/blob/main/docs/metrics/workload/cronjob-metrics.md
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.process import HOST


@contextmanager
def kube_state(namespace: str, cronjob: str) -> Iterator[str]:
    """The address at which it is scraped; the CronJob was made, and has succeeded, a minute ago."""
    labels = f'{{namespace="{namespace}",cronjob="{cronjob}"}}'
    moment = time.time() - 60
    message = "".join(
        f"# TYPE {name} gauge\n{name}{labels} {moment}\n"
        for name in ("kube_cronjob_created", "kube_cronjob_status_last_successful_time")
    )

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(message.encode())

        def log_request(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"{HOST}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
