"""Nothing has drifted apart: names, ports, paths, versions and limits are the same wherever they stand."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from estuary import __version__
from estuary.config import documentation
from estuary.config.dotenv import parse
from estuary.config.environment import load_from
from estuary.config.settings import TABLE, Settings
from tests.support import guide
from tests.support.documents import DOCUMENTS, ROOT
from tests.support.programs import require
from workshop.kubernetes import manifests

DEPLOY = ROOT / "deploy"
SINGLE_FILE = ROOT / manifests.SINGLE_FILE
ARTEFACTS = [
    ROOT / "Dockerfile",
    *sorted(path for path in DEPLOY.glob("**/*") if path.is_file() and path.name != ".env"),
]
ADMIN_PORT = "9000"
"""That of metrics and the details of health, in every artefact that gives them one."""

WRITTEN = [path for path in DOCUMENTS if path != ROOT / documentation.CONFIGURATION]
"""Documents but the one that is generated from the table."""

WORD = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
CODES = {
    code
    for layer in ("core", "http")
    for code in re.findall(r'"([A-Z_]+)"', (ROOT / f"src/estuary/{layer}/errors.py").read_text())
}
"""Those of errors."""

KNOWN = {name for variable in TABLE for name in variable.names} | {
    f"{variable.name}_FILE" for variable in TABLE
}
OTHERS = {
    *("GF_USERS_ALLOW_SIGN_UP", "GF_ANALYTICS_REPORTING_ENABLED", "GF_SECURITY_ADMIN_PASSWORD"),  # Grafana
    *(
        "POSTGRES_USER",
        "POSTGRES_DB",
        "POSTGRES_PASSWORD_FILE",
        "REDISCLI_AUTH",
        "ES_JAVA_OPTS",
    ),  # their own images
    *("CONVEX_SELF_HOSTED_ADMIN_KEY", "CONVEX_SELF_HOSTED_URL", "CONVEX_URL", "ESTUARY_PUBLIC"),  # Convex
    *("ECR_REGISTRY", "PROJECT_NUMBER", "X86_64", "HTTP_301"),  # the reader's own, and Amazon's
    *("AF_INET", "AF_INET6", "AF_UNIX", "NET_BIND_SERVICE", "CAP_SYS_PTRACE"),  # the kernel's
    *("NAME_FILE", "SQLITE_TMPDIR", "RUST_BACKTRACE"),  # a pattern, SQLite's, and Rust's
    *("LOG_LEVEL", "SIGNED_IN"),  # what people write for LOG_FILTER, and a word of access rules
    "PYTHON_PERF_JIT_SUPPORT",  # Python's
    *("CKV_K8S_15", "EXTEND_TIMEOUT_USEC"),  # a rule of checkov's, a word of sd_notify(3)
    "ESTUARY_UNIT",  # of the command that is typed beside a service
    *("PYTHON_IMAGE", "UV_VERSION", "ESTUARY_COMPILE", "MYPYC_OPT_LEVEL"),  # arguments of builds
}
"""What looks like a variable of Estuary and is somebody else's."""

HEALTH = re.compile(r"(?<![\w.])/health[/a-z]*")
IMAGE = re.compile(r"\bestuary:(\d+\.\d+\.\d+)|\b(?:newTag|VERSION)[:=] ?(\d+\.\d+\.\d+)")
GUIDES_LANGUAGES = ("bash", "ini", "dockerfile", "yaml", "json", "toml")


def undeclared(text: str) -> set[str]:
    """The words of a text that look like variables, and are neither Estuary's nor known to be others'."""
    return {word for word in WORD.findall(text) if not word.startswith("UV_")} - KNOWN - CODES - OTHERS


@pytest.mark.parametrize("path", [*ARTEFACTS, *WRITTEN], ids=lambda path: str(path.relative_to(ROOT)))
def test_every_variable_is_declared(path: Path) -> None:
    """A name that the configuration does not know has no effect."""
    assert set() == undeclared(path.read_text())


@pytest.mark.parametrize("language", GUIDES_LANGUAGES)
def test_every_variable_of_the_guide_is_declared(language: str) -> None:
    """What operators have set goes on being heeded."""
    assert set() == undeclared("\n".join(guide.blocks(language)))


def test_every_variable_has_an_effect() -> None:
    """Outside of the table something reads its value."""
    code = "\n".join(
        path.read_text()
        for path in ROOT.glob("src/estuary/**/*.py")
        if "config/variables" not in path.as_posix()
    )
    assert [] == [each.name for each in TABLE if not re.search(rf"\.{each.attribute}\b", code)]


def test_others_are_named_only_as_long_as_they_stand_somewhere() -> None:
    """The list of what is somebody else's does not outlive its reasons."""
    texts = [path.read_text() for path in (*ARTEFACTS, *DOCUMENTS)]
    texts += [block for language in GUIDES_LANGUAGES for block in guide.blocks(language)]
    assert set() == OTHERS - {word for text in texts for word in WORD.findall(text)}


def test_the_guides_environment_is_accepted(tmp_path: Path) -> None:
    """Its whole block for production, as a .env file, with each value in effect."""
    (block,) = [block for block in guide.blocks("bash") if "APP_PROFILE=production" in block.splitlines()]
    (tmp_path / ".env").write_text(block)
    loaded = load_from({}, directory=tmp_path)
    settings = loaded.settings
    assert (True, 3000, "convex", True, 100, 60, 30) == (
        settings.production,
        settings.port,
        settings.database_type,
        settings.auth_enabled,
        settings.rate_limit_max_requests,
        settings.rate_limit_window_seconds,
        settings.shutdown_timeout_seconds,
    )
    assert set(parse(block.encode())) <= KNOWN


def test_what_the_guides_tokens_lack_is_told(tmp_path: Path) -> None:
    """Its block for authentication asks for scopes, which its issuers need not give: the page says so."""
    (block,) = [block for block in guide.blocks("bash") if "APP_PROFILE=production" in block.splitlines()]
    (row,) = re.findall(
        r"^\| its block for authentication \| (.+) \|$",
        (ROOT / "docs/deployment.md").read_text(),
        re.MULTILINE,
    )
    (setting,) = [line for line in re.findall(r"`([A-Z_]+=\w+)`", row) if line not in block]
    required = []
    for text in (block, f"{block}\n{setting}\n"):
        (tmp_path / ".env").write_text(text)
        settings = load_from({}, directory=tmp_path).settings
        required.append((settings.auth_enabled, settings.auth_require_scopes))
    assert [(True, True), (True, False)] == required


def kubernetes(overlay: str) -> dict[str, str]:
    """The environment of a replica in an overlay."""
    text = SINGLE_FILE.read_text()
    if overlay == "development":
        kubectl = ROOT / manifests.KUBECTL
        require("kubectl (make deploy-tools)", str(kubectl) if kubectl.exists() else None)
        text = manifests.kustomized(ROOT, manifests.OVERLAYS / overlay)
    document = list(yaml.safe_load_all(text))
    config: dict[str, str]
    (config,) = [manifest["data"] for manifest in document if manifest["kind"] == "ConfigMap"]
    return config


@pytest.mark.parametrize("overlay", ["production", "development"])
def test_estuary_accepts_its_configuration_on_kubernetes(overlay: str, tmp_path: Path) -> None:
    """Every variable has a value that is allowed; the secret's files are where their variables look."""
    config = kubernetes(overlay)
    # As the page has its reader make it.
    (tmp_path / "database_url").write_text("postgres://estuary:9fK2-vVq8_mWz@db/records")
    (tmp_path / "database_url").chmod(0o600)
    given = {name: value.replace("/run/secrets/estuary", str(tmp_path)) for name, value in config.items()}
    loaded = load_from(given, directory=tmp_path)
    assert () == loaded.warnings
    assert (overlay == "production", 3000) == (loaded.settings.production, loaded.settings.port)


def versions() -> Iterator[tuple[str, str]]:
    """Where a version of Estuary's image stands, and which."""
    for path in (*ARTEFACTS, *DOCUMENTS):
        for match in IMAGE.finditer(path.read_text()):
            yield str(path.relative_to(ROOT)), match[1] or match[2]


def test_every_image_is_the_version_of_the_sources() -> None:
    """`estuary.__version__` is the one place; no artefact lags behind."""
    found = dict(versions())
    assert len(found) >= 6
    assert {__version__} == set(found.values())


@pytest.mark.parametrize("path", ARTEFACTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_probes_ask_what_is_served(path: Path) -> None:
    """A health check of a path that does not exist takes everything out of service."""
    asked = set(HEALTH.findall(path.read_text())) - {"/health/"}
    assert set() == asked - {"/health", "/health/live", "/health/ready"}


def seconds(text: str, directive: str) -> int:
    """The seconds that a proxy's directive sets."""
    (found,) = re.findall(rf"^\s*{directive} (\d+)s", text, re.MULTILINE)
    return int(found)


def defaults() -> Settings:
    """The defaults of the production profile."""
    return load_from(
        {"APP_PROFILE": "production", "DATABASE_TYPE": "memory"}, directory=Path("/nonexistent")
    ).settings


def test_nginx_waits_longer_than_estuary_takes() -> None:
    """Its limits follow the defaults of Estuary's variables, as its comments say."""
    ours = defaults()
    locations = (DEPLOY / "nginx/estuary/locations.conf").read_text()
    upstream = (DEPLOY / "nginx/conf.d/estuary.conf").read_text()
    slowest = ours.request_body_timeout_seconds + ours.database_timeout_seconds
    assert slowest < seconds(locations, "proxy_read_timeout")
    assert ours.request_body_timeout_seconds == seconds(locations, "client_body_timeout")
    assert seconds(upstream, "keepalive_timeout") < ours.shutdown_drain_seconds
    assert f"client_max_body_size {ours.max_body_bytes // 1024**2}m;" in locations
    assert f"at most {ours.max_body_bytes} bytes" in locations


def test_haproxy_waits_longer_than_estuary_takes() -> None:
    """The same; and it asks often enough to see a replica drain before its port closes."""
    ours = defaults()
    text = (DEPLOY / "haproxy/haproxy.cfg").read_text()
    slowest = ours.request_body_timeout_seconds + ours.database_timeout_seconds
    assert slowest < seconds(text, "timeout server")
    (interval,) = re.findall(r"check inter (\d+)ms fall 1", text)
    assert 2 * int(interval) < ours.shutdown_drain_seconds * 1000


def test_everything_listens_where_estuary_does_by_itself() -> None:
    """Proxies, services and images speak of one port, the default of PORT; scrapes of another."""
    port = str(defaults().port)
    found = {
        number
        for path in ARTEFACTS
        for number in re.findall(
            r"(?:estuary\d?:|EXPOSE |containerPort\"?: |targetPort: |PORT\"?: \"?)(\d{2,5})\b",
            path.read_text(),
        )
    }
    assert {port, ADMIN_PORT} == found
