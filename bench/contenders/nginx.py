"""nginx answering constant bytes: what the machine and the load generator could reach at all."""

import shutil
from pathlib import Path

from bench.apps.answers import ITEM
from bench.contenders.contender import Contender
from bench.process import HOST, Launch

CONFIGURATION = """
daemon off;
master_process off;
pid nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {{
        listen {host}:{port};
        default_type application/json;
        location / {{ return 200 '{body}'; }}
    }}
}}
"""


def _binary() -> str | None:
    return shutil.which("nginx") or shutil.which(
        "nginx", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin"
    )


def _launch(port: int, folder: Path) -> Launch:
    configuration = folder / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(host=HOST, port=port, body=ITEM.decode()))
    return Launch([_binary() or "nginx", "-e", "stderr", "-p", str(folder), "-c", str(configuration)])


NGINX = Contender("nginx", "nginx, return 200", _launch, available=lambda: _binary() is not None)
