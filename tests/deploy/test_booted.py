"""The units on a machine whose systemd has booted: start, watchdog, credentials, restarts without loss.

Run by `make systemd-test`. It needs root, systemd-nspawn and debootstrap.
"""

import json
import signal
import subprocess
from collections.abc import Callable, Iterator

import psutil
import pytest

from tests.deploy.machines import UNITS, Machine, booted
from tests.deploy.workshop import ROOT
from tests.support import guide
from tests.support.documents import blocks
from tests.support.http import Connection, Listener, get, post
from tests.support.load import Load, creating_items, load_on
from tests.support.process import HOST, free_port, is_alive, until

SERVICE = "estuary.service"
ENVIRONMENT = "/opt/estuary/.env"
ROUNDS, CLIENTS = 5, 6
ENOUGH = 3_000


class Estuary(Listener):
    """The service on a machine."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._port = free_port()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port

    def configure(self, **variables: str) -> None:
        """Write its .env."""
        settings = {
            "HOST": HOST,
            "PORT": str(self.port),
            "RATE_LIMIT_ENABLED": "false",
            "SHUTDOWN_DRAIN_SECONDS": "1",
            **variables,
        }
        lines = [f"{name}={value}\n" for name, value in settings.items()]
        self.machine.write(ENVIRONMENT, "".join(lines), 0o644)

    def start(self) -> None:
        """Start it; systemd waits until it says that it is ready."""
        self.machine.systemctl("start", SERVICE)

    @property
    def state(self) -> str:
        """What systemd thinks of it: active, failed and so on."""
        return self.machine.show(SERVICE, "ActiveState")

    @property
    def restarts(self) -> int:
        """How often systemd has started it again."""
        return int(self.machine.show(SERVICE, "NRestarts"))


def earlier_unit() -> str:
    """The unit of the operators' guide, with the one word that docs/deploy/systemd.md adds."""
    (unit,) = guide.blocks("ini")
    program = "ExecStart=/opt/estuary/estuary"
    assert f"{program}\n" in unit
    return unit.replace(f"{program}\n", f"{program} serve\n")


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """One for all these tests: it takes a while to boot."""
    with booted() as machine:
        yield machine


@pytest.fixture
def estuary(machine: Machine) -> Iterator[Estuary]:
    """The service as it is set up, on its own port, not started; what a test changed is undone."""
    estuary = Estuary(machine)
    estuary.configure()
    yield estuary
    machine.systemctl("stop", "estuary.socket", SERVICE, "estuary-backup.timer")
    machine.undo()


def test_it_serves_as_its_user_and_writes_its_data_only(estuary: Estuary) -> None:
    """It is ready when `systemctl start` returns, runs as estuary, and keeps what it is given in data/."""
    estuary.start()
    assert ("active", "Serving") == (estuary.state, estuary.machine.show(SERVICE, "StatusText"))
    assert 201 == post(estuary, "/api/v1/items", b'{"name":"kept"}').status
    assert "estuary" == estuary.machine.say("stat", "--format=%U", "/opt/estuary/data/estuary.db").strip()
    assert 0 != estuary.machine.main_process().uids().real
    until(lambda: "production" in estuary.machine.journal())


def test_what_is_locked_up_is_not_missed(estuary: Estuary) -> None:
    """Behind all its locks it still reads the machine: CPU, memory and disks are in /metrics."""
    estuary.start()
    reported = get(estuary, "/metrics").body.decode()
    for series in ("process_cpu_seconds_total", "process_resident_memory_bytes", "system_"):
        assert any(line.startswith(series) for line in reported.splitlines())


def test_secrets_come_from_the_credential_store(estuary: Estuary) -> None:
    """/etc/credstore/estuary.database_url, which root alone may read, becomes DATABASE_URL."""
    secret = "sqlite:////opt/estuary/data/credential.db"
    estuary.machine.write("/etc/credstore/estuary.database_url", secret, 0o600)
    estuary.start()
    assert "credential.db" in estuary.machine.say("ls", "/opt/estuary/data")
    environment = estuary.machine.main_process().environ()
    assert secret not in environment.values()


def test_a_worker_that_hangs_is_noticed(estuary: Estuary) -> None:
    """The watchdog ends a service whose event loop stands still, and systemd starts it again."""
    estuary.machine.drop_in(SERVICE, "WatchdogSec=2", "RestartSec=100ms", "TimeoutAbortSec=1")
    estuary.start()
    before = estuary.machine.main_process()
    (worker,) = before.children()
    worker.send_signal(signal.SIGSTOP)
    until(lambda: estuary.restarts > 0 and estuary.state == "active")
    assert before.pid != estuary.machine.main_process().pid
    assert 200 == get(estuary, "/health/ready").status


def test_a_supervisor_that_dies_is_started_again(estuary: Estuary) -> None:
    """Whatever killed it, it comes back, and leaves no worker behind."""
    estuary.machine.drop_in(SERVICE, "RestartSec=100ms")
    estuary.start()
    before = estuary.machine.main_process()
    workers = before.children()
    before.kill()
    until(lambda: estuary.restarts > 0 and estuary.state == "active")
    assert 200 == get(estuary, "/health/ready").status
    assert not any(is_alive(worker) for worker in workers)


def test_a_wrong_configuration_is_not_tried_again(estuary: Estuary) -> None:
    """Exit status 2 means that starting again mends nothing; the journal names the mistake."""
    estuary.configure(MAX_IN_FLIGHT="many")
    with pytest.raises(AssertionError, match="MAX_IN_FLIGHT"):
        estuary.start()
    assert ("failed", 0) == (estuary.state, estuary.restarts)


def test_the_unit_of_the_earlier_service_works(estuary: Estuary) -> None:
    """With one word added it serves, stores what it is given, and exits with 0."""
    estuary.machine.write(UNITS / "earlier.service", earlier_unit())
    estuary.machine.systemctl("daemon-reload")
    estuary.machine.systemctl("start", "earlier.service")
    until(lambda: "Estuary is ready" in estuary.machine.say("journalctl", "--unit=earlier.service"))
    assert 201 == post(estuary, "/api/v1/items", b'{"name":"kept"}').status
    estuary.machine.systemctl("stop", "earlier.service")
    assert "success" == estuary.machine.show("earlier.service", "Result")


def test_stopping_finishes_what_is_under_way(estuary: Estuary) -> None:
    """A request whose body is still coming is answered; then the service has ended well."""
    estuary.start()
    body = b'{"name":"under way"}'
    with Connection(estuary) as connection:
        head = f"POST /api/v1/items HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n"
        connection.send(f"{head}Content-Type: application/json\r\n\r\n".encode() + body[:5])
        until(lambda: b"\nhttp_requests_in_flight 2\n" in get(estuary, "/metrics").body)
        estuary.machine.systemctl("stop", "--no-block", SERVICE)
        until(lambda: estuary.state == "deactivating")
        connection.send(body[5:])
        assert 201 == connection.receive().status
    until(lambda: estuary.state == "inactive")
    assert "success" == estuary.machine.show(SERVICE, "Result")


def has_answered(load: Load, many: int) -> Callable[[], bool]:
    """Whether as many requests have been answered in all."""
    return lambda: load.answered >= many


def test_restarts_through_the_socket_lose_nothing(estuary: Estuary) -> None:
    """While systemd holds the port, clients that write without pause see no refusal and no lost request."""
    listen = f"[Socket]\nListenStream=\nListenStream={HOST}:{estuary.port}\n"
    estuary.machine.write(UNITS / "estuary.socket.d/test.conf", listen)
    estuary.machine.systemctl("daemon-reload")
    estuary.machine.systemctl("start", "estuary.socket")
    with load_on(estuary, creating_items(), CLIENTS) as load:
        for _ in range(ROUNDS):
            until(has_answered(load, load.answered + ENOUGH // ROUNDS))
            estuary.machine.systemctl("restart", SERVICE)
        until(has_answered(load, load.answered + ENOUGH // ROUNDS))
    assert (0, {201}) == (load.unanswered, set(load.statuses))
    listed = json.loads(get(estuary, "/api/v1/items?limit=1").body)
    assert load.answered <= listed["total"]


def test_the_backup_is_made_by_its_timer(estuary: Estuary) -> None:
    """The timer waits for its time; the service it starts leaves a backup in data/backups."""
    estuary.start()
    post(estuary, "/api/v1/items", b'{"name":"worth keeping"}')
    estuary.machine.systemctl("start", "estuary-backup.timer")
    assert "estuary-backup.service" == estuary.machine.show("estuary-backup.timer", "Unit")
    estuary.machine.systemctl("start", "estuary-backup.service")
    assert 1 == len(estuary.machine.say("ls", "/opt/estuary/data/backups").split())


TYPED = "/usr/local/bin/estuary"
PAGE = ROOT / "docs/deploy/systemd.md"
USUAL_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def typed(
    estuary: Estuary,
    *arguments: str,
    user: str = "root",
    folder: str = "/root",
    given: str = "",
    unit: str = SERVICE,
    **variables: str,
) -> subprocess.CompletedProcess[str]:
    """What `estuary ARGUMENTS` does when a user types it in a folder, beside the service."""
    shell = () if user == "root" else ("setpriv", f"--reuid={user}", "--regid=65534", "--clear-groups")
    command = estuary.machine.within(
        *shell, "env", "-C", folder, "-i", f"PATH={USUAL_PATH}", f"ESTUARY_UNIT={unit}"
    )
    command += [f"{name}={value}" for name, value in variables.items()]
    return subprocess.run(
        [*command, "estuary", *arguments],
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_command_typed_by_root_runs_as_the_service_does(estuary: Estuary) -> None:
    """The profile, the environment of drop-ins and the credentials are the unit's, wherever it is typed."""
    estuary.machine.write(
        "/etc/credstore/estuary.database_url", "sqlite:////opt/estuary/data/typed.db", 0o600
    )
    estuary.machine.write("/etc/credstore/elsewhere", "b7s-9dK2-vVq8_mWz", 0o600)
    estuary.machine.drop_in(
        SERVICE,
        'Environment=RATE_LIMIT_MAX_REQUESTS=7 "LOG_FILTER=estuary=warn" \\',
        "    METRICS_TOKEN_FILE=%d/elsewhere",
        "LoadCredential=elsewhere:elsewhere",
    )
    estuary.start()
    shown = {line.split()[0]: line.split()[1:] for line in typed(estuary, "check").stdout.splitlines()}
    assert ["production", "environment"] == shown["APP_PROFILE"]
    assert ["7", "environment"] == shown["RATE_LIMIT_MAX_REQUESTS"]
    assert ["estuary=warn", "environment"] == shown["LOG_FILTER"]
    assert "credential" == shown["DATABASE_URL"][1]
    assert "METRICS_TOKEN_FILE" == shown["METRICS_TOKEN"][-1]


def test_the_checklist_typed_by_root_is_that_of_the_service(estuary: Estuary) -> None:
    """Profile, files, store, schema, backups and monitoring pass, the token being a credential."""
    estuary.machine.write("/etc/credstore/estuary.metrics_token", "b7s-9dK2-vVq8_mWz", 0o600)
    estuary.configure(RATE_LIMIT_ENABLED="true", PUBLIC_URL="https://localhost", TRUSTED_PROXIES=HOST)
    estuary.machine.write(ENVIRONMENT, (estuary.machine.root / ENVIRONMENT.lstrip("/")).read_text(), 0o640)
    estuary.machine.say("chown", "root:estuary", ENVIRONMENT)
    estuary.start()
    assert 401 == get(estuary, "/metrics").status
    estuary.machine.systemctl("start", "estuary-backup.service")
    done = typed(estuary, "check", "--deploy", "--format", "json")
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert [] == [check for check in checks.values() if check["status"] == "fail"]
    assert 0 == done.returncode
    passed = {name for name, check in checks.items() if check["status"] == "pass"}
    assert {"profile", "secrets", "files", "store", "schema", "backups", "monitoring"} <= passed


def test_a_backup_typed_by_root_is_that_of_the_service(estuary: Estuary) -> None:
    """It holds what the service acknowledged, and belongs to its user; paths are the shell's own."""
    estuary.start()
    assert 201 == post(estuary, "/api/v1/items", b'{"name":"typed"}').status
    estuary.machine.say("install", "-d", "-o", "estuary", "/var/backups/estuary")
    done = typed(estuary, "backup", "typed.jsonl", folder="/var/backups/estuary")
    assert (0, "") == (done.returncode, done.stderr)
    assert "typed" in estuary.machine.say("cat", "/var/backups/estuary/typed.jsonl")
    owner = estuary.machine.say("stat", "--format=%U", "/var/backups/estuary/typed.jsonl").strip()
    assert "estuary" == owner
    exported = typed(estuary, "export")
    assert any('"typed"' in line for line in exported.stdout.splitlines())


def test_what_root_restores_the_service_can_open(estuary: Estuary) -> None:
    """A file that a restore makes belongs to the service's user, and the service serves from it."""
    estuary.machine.write(
        "/etc/credstore/estuary.database_url", "sqlite:////opt/estuary/data/restored.db", 0o600
    )
    line = '{"resource":"items","value":{"name":"restored"}}\n'
    assert 0 == typed(estuary, "import", given=line).returncode
    assert "estuary" == estuary.machine.say("stat", "-c", "%U", "/opt/estuary/data/restored.db").strip()
    estuary.start()
    assert 1 == json.loads(get(estuary, "/api/v1/items").body)["total"]


def test_a_variable_in_front_of_a_command_wins(estuary: Estuary) -> None:
    """A drill restores beside the service's records, never over them; a missing variable is named."""
    estuary.start()
    live = post(estuary, "/api/v1/items", b'{"name":"live"}').headers["location"]
    before = json.loads(get(estuary, "/api/v1/items?limit=1").body)["total"]
    beside = "sqlite:////opt/estuary/data/drill/estuary.db"
    line = '{"resource":"items","value":{"name":"drilled"}}\n'
    done = typed(estuary, "import", "--replace", given=line, DATABASE_URL=beside)
    assert 0 == done.returncode
    assert "DATABASE_URL is taken from here" in done.stderr
    assert 200 == get(estuary, live).status
    assert before == json.loads(get(estuary, "/api/v1/items?limit=1").body)["total"]
    assert 1 == len(typed(estuary, "export", DATABASE_URL=beside).stdout.splitlines())


def test_a_command_that_fails_says_so_as_itself(estuary: Estuary) -> None:
    """Exit code, standard error and the words are the program's own."""
    done = typed(estuary, "restore", "--verify", "nowhere.jsonl")
    assert 1 == done.returncode
    assert "/root/nowhere.jsonl" in done.stderr
    assert 2 == typed(estuary, "backup").returncode
    assert 0 == typed(estuary, "backup", "--help").returncode


def test_only_root_may_act_as_the_service(estuary: Estuary) -> None:
    """Another user is told why, and runs nothing in a profile of its own; what needs no service works."""
    done = typed(estuary, "check", "--deploy", user="nobody", folder="/")
    assert (1, "") == (done.returncode, done.stdout)
    assert "sudo estuary check --deploy" in done.stderr
    assert typed(estuary, "--version", user="nobody", folder="/").stdout.startswith("estuary ")


def test_ending_a_command_ends_it(estuary: Estuary) -> None:
    """SIGTERM reaches what runs as the service, nothing is left behind, and it is no success."""
    with subprocess.Popen(
        estuary.machine.within(TYPED, "import"), stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        until(lambda: "typed by hand" in estuary.machine.systemctl("list-units", "estuary-command-*"))
        # nsenter passes no signal on to what it runs in the machine.
        (inside,) = psutil.Process(process.pid).children()
        inside.terminate()
        assert 128 + signal.SIGTERM == process.wait(60)
    assert "typed by hand" not in estuary.machine.systemctl("list-units", "estuary-command-*")


DYNAMIC = """\
[Service]
Type=notify
ExecStart=/opt/estuary/estuary serve
WorkingDirectory=%S/%N
Environment=APP_PROFILE=production HOST={host} PORT={port} DATABASE_URL=sqlite:////var/lib/dynamic/estuary.db
DynamicUser=yes
StateDirectory=%N
"""


def test_a_user_that_systemd_makes_up_stays_the_same(estuary: Estuary) -> None:
    """A command has the unit's own dynamic user: its state is not handed over while the service runs."""
    estuary.machine.write(UNITS / "dynamic.service", DYNAMIC.format(host=HOST, port=estuary.port))
    estuary.machine.systemctl("daemon-reload")
    estuary.machine.systemctl("start", "dynamic.service")
    try:
        assert 201 == post(estuary, "/api/v1/items", b'{"name":"dynamic"}').status
        done = typed(estuary, "backup", "/var/lib/dynamic/backup.jsonl", unit="dynamic.service")
        assert (0, "") == (done.returncode, done.stderr)
        assert ": 1 records" in done.stdout
        assert 201 == post(estuary, "/api/v1/items", b'{"name":"still writable"}').status
        owners = estuary.machine.say("stat", "-c", "%u", "/var/lib/dynamic/", "/var/lib/dynamic/estuary.db")
        assert 1 == len(set(owners.split()))
    finally:
        estuary.machine.systemctl("stop", "dynamic.service")


def test_the_page_is_followed_to_its_last_line(estuary: Estuary) -> None:
    """Every command of docs/deploy/systemd.md for a booted machine succeeds, the checklist included."""
    listen = f"[Socket]\nListenStream=\nListenStream={HOST}:{estuary.port}\n"
    estuary.machine.write(UNITS / "estuary.socket.d/test.conf", listen)
    estuary.configure(
        RATE_LIMIT_ENABLED="true",
        ADMIN_PORT=str(free_port()),
        PUBLIC_URL=f"https://{HOST}:{free_port()}",
        TRUSTED_PROXIES=HOST,
    )
    estuary.machine.say("chown", "root:estuary", ENVIRONMENT)
    estuary.machine.say("chmod", "640", ENVIRONMENT)
    commands = [command for block in blocks(PAGE) if block.needs == "systemd" for command in block.commands]
    assert "estuary check --deploy" in commands
    try:
        for command in commands:
            estuary.machine.say("env", "-i", f"PATH={USUAL_PATH}", "bash", "-euc", command)
    finally:
        estuary.machine.systemctl("disable", "estuary.service", "estuary.socket", "estuary-backup.timer")
        estuary.machine.say("rm", "-f", "/etc/credstore/estuary.database_url")
