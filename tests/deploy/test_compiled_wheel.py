"""A wheel with compiled modules, built and installed; the image of test_container.py holds one, too."""

import shutil
import subprocess
from pathlib import Path

from tests.deploy.compiled import WHERE_MODULES_ARE, interpreted
from tests.deploy.workshop import ROOT, run
from tests.support.http import get, post
from tests.support.process import READY, environment_of, serving
from tests.support.programs import require

UV = ROOT / "workshop/uv"


def test_a_compiled_wheel_is_what_serves(tmp_path: Path) -> None:
    """ESTUARY_COMPILE=1: a wheel for this platform, whose modules are libraries that serve an item.

    How fast they are is not looked at, so the C compiler spends no time on that.
    """
    require("a C compiler", shutil.which("cc") or shutil.which("gcc") or shutil.which("clang"))
    variables = {"ESTUARY_COMPILE": "1", "MYPYC_OPT_LEVEL": "0"}
    run(UV, "build", "--quiet", "--wheel", "--out-dir", tmp_path, ROOT, **variables)
    (wheel,) = tmp_path.glob("*.whl")
    assert not wheel.name.endswith("-none-any.whl")
    venv = tmp_path / "venv"
    run(UV, "venv", "--quiet", venv)
    run(UV, "pip", "install", "--quiet", "--python", venv / "bin/python", wheel)
    asked = [str(venv / "bin/python"), "-c", WHERE_MODULES_ARE]
    done = subprocess.run(asked, env=environment_of({}), capture_output=True, text=True, check=True)
    assert [] == interpreted(done.stdout)
    with serving(tmp_path, command=[str(venv / "bin/estuary"), "serve"]) as server:
        assert server.record(READY)["compiled"]
        created = post(server, "/api/v1/items", b'{"name":"kept"}')
        assert created.body == get(server, created.headers["location"]).body
