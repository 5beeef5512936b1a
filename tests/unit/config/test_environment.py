"""Loading: order of the sources, defaults by profile, and every mistake at once."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.config import environment
from estuary.config.database_url import DatabaseLocation
from estuary.config.effective import Effective
from estuary.config.environment import Loaded, load_from
from estuary.config.errors import ConfigurationError
from estuary.config.settings import TABLE
from estuary.telemetry.system import this_host
from tests.support.pipes import writing
from tests.unit.config.conftest import Load, Problems
from tests.unit.config.real_environment import REAL_ENVIRONMENT


def source_of(loaded: Loaded, name: str) -> str:
    return next(each.source for each in loaded.effective if each.name == name)


def shown_of(loaded: Loaded, name: str) -> str:
    return next(each.shown for each in loaded.effective if each.name == name)


def described(loaded: Loaded) -> list[str]:
    """What `estuary check` shows of each variable."""
    return [f"{name}  {value}  {source}" for name, value, source, _ in loaded.effective]


def test_nothing_set_gives_the_development_defaults(load: Load) -> None:
    """Estuary starts without any configuration, with the defaults of the wire contract."""
    settings = load().settings
    assert not settings.production
    assert ("0.0.0.0", 3000, 1) == (settings.host, settings.port, settings.workers)
    assert settings.database == DatabaseLocation("sqlite", Path("data/estuary.db"))
    assert "estuary=debug" == settings.log_filter
    assert (True, 1000, 60) == (
        settings.rate_limit_enabled,
        settings.rate_limit_max_requests,
        settings.rate_limit_window_seconds,
    )
    assert settings.security_strict_mode is False
    assert settings.security_csp is None
    assert ("*",) == settings.cors_allowed_origins
    assert () == settings.trusted_proxies
    assert settings.max_body_bytes == 2 * 1024 * 1024
    assert (30, 0) == (settings.shutdown_timeout_seconds, settings.shutdown_drain_seconds)


def test_the_production_profile_changes_the_defaults_that_differ(load: Load) -> None:
    """APP_PROFILE alone makes Estuary strict."""
    settings = load(APP_PROFILE="production").settings
    assert settings.production
    assert "estuary=info" == settings.log_filter
    assert 100 == settings.rate_limit_max_requests
    assert settings.security_strict_mode is True
    assert () == settings.cors_allowed_origins
    assert 2 == settings.shutdown_drain_seconds


def test_a_value_set_wins_over_the_production_default(load: Load) -> None:
    """The profile decides defaults only."""
    settings = load(APP_PROFILE="production", RATE_LIMIT_MAX_REQUESTS="7").settings
    assert 7 == settings.rate_limit_max_requests


@pytest.mark.parametrize("place", ["environment", ".env", "APP_PROFILE_FILE", "credential"])
def test_the_profile_decides_the_defaults_wherever_it_comes_from(
    load: Load, tmp_path: Path, place: str
) -> None:
    """APP_PROFILE is a variable like any other, yet the others' defaults follow it."""
    (tmp_path / "profile").write_text("production\n")
    (tmp_path / "APP_PROFILE").write_text("production\n")
    environ = {
        "environment": {"APP_PROFILE": "production"},
        ".env": {},
        "APP_PROFILE_FILE": {"APP_PROFILE_FILE": "profile"},
        "credential": {"CREDENTIALS_DIRECTORY": str(tmp_path)},
    }[place]
    if place == ".env":
        (tmp_path / ".env").write_text("APP_PROFILE=production\n")
    loaded = load(**environ)
    assert loaded.settings.security_strict_mode is True
    assert place == source_of(loaded, "APP_PROFILE")


@pytest.mark.parametrize(
    ("present", "port", "source"),
    [
        ({"environment", "credential", ".env"}, 1, "environment"),
        ({"file", "credential", ".env"}, 2, "PORT_FILE"),
        ({"credential", ".env"}, 3, "credential"),
        ({".env"}, 4, ".env"),
        ({".env naming a file"}, 2, "PORT_FILE"),
        (set(), 3000, "default"),
    ],
)
def test_each_source_wins_over_the_next(
    tmp_path: Path, load: Load, present: set[str], port: int, source: str
) -> None:
    """The order is: environment, NAME_FILE, credential, .env, default."""
    (tmp_path / "file").write_text("2")
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "PORT").write_text("3")
    environ = {}
    if "environment" in present:
        environ["PORT"] = "1"
    if "file" in present:
        environ["PORT_FILE"] = "file"
    if "credential" in present:
        environ["CREDENTIALS_DIRECTORY"] = str(tmp_path / "credentials")
    if ".env" in present:
        (tmp_path / ".env").write_text("PORT=4")
    if ".env naming a file" in present:
        (tmp_path / ".env").write_text("PORT_FILE=file")
    loaded = load(**environ)
    assert port == loaded.settings.port
    assert source == source_of(loaded, "PORT")


@pytest.mark.parametrize("empty", ["", "  ", "\t"])
def test_an_empty_value_is_no_value(load: Load, tmp_path: Path, empty: str) -> None:
    """A blank variable does not hide the value of the next source, nor the default."""
    (tmp_path / ".env").write_text("PORT=4\nMAX_IN_FLIGHT=\n")
    settings = load(PORT=empty, PORT_FILE=empty, HOST=empty, CREDENTIALS_DIRECTORY="").settings
    assert 4 == settings.port
    assert "0.0.0.0" == settings.host
    assert 1024 == settings.max_in_flight


def test_blanks_around_a_value_are_ignored(load: Load) -> None:
    """`docker run --env-file` keeps blanks by mistake."""
    assert 8080 == load(PORT=" 8080\t").settings.port


def test_every_mistake_is_reported_at_once(problems: Problems, tmp_path: Path) -> None:
    """An operator mends a configuration in one go: values, files, .env and rules between variables."""
    (tmp_path / ".env").write_text("what is this\nMAX_IN_FLIGHT=0\n")
    found = problems(
        PORT="70000",
        HOST_FILE="missing",
        RATE_LIMIT_ENABLED="maybe",
        AUTH_ENABLED="true",
        SHUTDOWN_DRAIN_SECONDS="30",
    )
    assert (
        ".env:1: this is neither NAME=value nor a comment",
        "HOST_FILE: 'missing' cannot be read: No such file or directory",
        "PORT is '70000' (environment): it must be a whole number from 1 to 65535",
        "RATE_LIMIT_ENABLED is 'maybe' (environment): it must be true or false (or 1/0, yes/no, on/off)",
        (
            "SHUTDOWN_DRAIN_SECONDS is 30 (environment): it must be less than SHUTDOWN_TIMEOUT_SECONDS, "
            "which is 30 (default)"
        ),
        (
            "AUTH_ENABLED is true, but neither AUTH_JWKS_URLS nor AUTH_ISSUER says whose tokens to accept: "
            "set AUTH_ISSUER to your identity provider's issuer, or KEYS_ENABLED=true for API keys alone"
        ),
    ) == found


def test_a_wrong_profile_does_not_hide_other_mistakes(problems: Problems) -> None:
    """Mistakes are collected even when the profile, which decides the defaults, is one."""
    assert 2 == len(problems(APP_PROFILE="prod", PORT="0"))


@pytest.mark.parametrize("name", [variable.name for variable in TABLE if not variable.secret])
def test_a_problem_names_variable_value_source_and_what_is_allowed(problems: Problems, name: str) -> None:
    """Whatever the variable, its problem is a whole sentence."""
    variable = next(each for each in TABLE if each.name == name)
    (problem,) = problems(**{name: "\x1b!"})
    assert problem.startswith(f"{name} is '\\x1b!' (environment): ")
    assert problem.endswith(f"it must be {variable.form.allowed}")


@pytest.mark.parametrize("text", ["a\x1b[31m", "a\nlevel=error", "a\x00", "\udcff", "\u2028"])
def test_a_value_that_cannot_be_printed_is_refused_and_escaped(problems: Problems, text: str) -> None:
    """A value cannot forge a line of a log or a header, and not one of the error either."""
    (problem,) = problems(SECURITY_CSP=f"x{text}x")
    assert problem.isprintable()
    assert "control character" in problem


def test_a_long_value_is_cut(problems: Problems) -> None:
    """A mistake does not fill the screen."""
    (problem,) = problems(PORT="7" * 5000)
    assert problem == (
        f"PORT is '{'7' * 60}'… (5000 characters) (environment): it must be a whole number from 1 to 65535"
    )


def test_an_alias_stands_for_its_variable(load: Load) -> None:
    """Environment files of the earlier service go on working; the source says which name was used."""
    loaded = load(RUST_LOG="estuary=info,tower_http=warn,tokio=warn", TOKIO_WORKER_THREADS="1")
    assert "estuary=info,tower_http=warn,tokio=warn" == loaded.settings.log_filter
    assert "environment, as RUST_LOG" == source_of(loaded, "LOG_FILTER")


def test_an_alias_and_its_variable_may_agree_but_not_differ(load: Load, problems: Problems) -> None:
    """Two names for one thing with two values: which was meant is unknown."""
    assert "info" == load(LOG_FILTER="info", RUST_LOG="info").settings.log_filter
    assert ("LOG_FILTER and RUST_LOG mean the same, and differ: keep one",) == problems(
        LOG_FILTER="info", RUST_LOG="warn"
    )


def test_a_filter_that_is_nearly_right_is_put_right(problems: Problems) -> None:
    """By either name: what is wrong in it, what may have been meant, and what it must be."""
    (problem,) = problems(RUST_LOG="estuary=info,warning")
    assert problem.startswith(
        "LOG_FILTER is 'estuary=info,warning' (environment, as RUST_LOG): 'warning' is "
    )
    assert "(warn meant?); alone may stand estuary, " in problem
    assert problem.endswith("the levels being off, error, warn, info, debug and trace")


def test_the_environment_overrides_an_alias_in_dotenv(load: Load, tmp_path: Path) -> None:
    """Names disagree only within one source: across sources the order decides."""
    (tmp_path / ".env").write_text("LOG_FILTER=debug\n")
    assert "warn" == load(RUST_LOG="warn").settings.log_filter


def test_draining_must_fit_into_the_shutdown(problems: Problems, load: Load) -> None:
    """A drain as long as the whole shutdown would leave no time to finish requests."""
    assert 29 == load(SHUTDOWN_DRAIN_SECONDS="29").settings.shutdown_drain_seconds
    assert 1 == len(problems(SHUTDOWN_DRAIN_SECONDS="30"))
    assert 1 == len(problems(SHUTDOWN_DRAIN_SECONDS="5", SHUTDOWN_TIMEOUT_SECONDS="4"))


@pytest.mark.parametrize(("timeout", "drain"), [("1", 0), ("2", 1), ("3", 2), ("300", 2)])
def test_the_default_drain_gives_way_to_a_short_timeout(load: Load, timeout: str, drain: int) -> None:
    """SHUTDOWN_TIMEOUT_SECONDS=1 was valid before draining existed, and stays so."""
    loaded = load(APP_PROFILE="production", SHUTDOWN_TIMEOUT_SECONDS=timeout)
    assert drain == loaded.settings.shutdown_drain_seconds
    assert str(drain) == shown_of(loaded, "SHUTDOWN_DRAIN_SECONDS")


def test_convex_is_where_the_deployment_is(load: Load) -> None:
    """DATABASE_TYPE and CONVEX_DEPLOYMENT_URL say together what DATABASE_URL says alone."""
    expected = DatabaseLocation("convex", url="https://a.convex.cloud")
    apart = load(DATABASE_TYPE="convex", CONVEX_DEPLOYMENT_URL="https://a.convex.cloud")
    assert (expected, None) == (apart.settings.database, apart.settings.convex_deploy_key)
    together = load(DATABASE_URL="convex://a.convex.cloud", CONVEX_DEPLOY_KEY="k")
    assert (expected, "k") == (together.settings.database, together.settings.convex_deploy_key)


def test_convex_must_be_somewhere(problems: Problems) -> None:
    """DATABASE_TYPE alone is refused with the name of the missing variable."""
    assert (
        "DATABASE_TYPE is convex (environment): CONVEX_DEPLOYMENT_URL must say where it is",
    ) == problems(DATABASE_TYPE="convex")


@pytest.mark.parametrize("profile", ["development", "production"])
@pytest.mark.parametrize("origin", ["https://a.example", "http://localhost:3210", "http://[::1]:3210"])
def test_a_safe_line_to_convex_is_accepted(load: Load, profile: str, origin: str) -> None:
    """TLS, or a Convex on this machine."""
    settings = load(APP_PROFILE=profile, DATABASE_TYPE="convex", CONVEX_DEPLOYMENT_URL=origin).settings
    assert origin == settings.database.url


def test_in_production_the_line_to_convex_is_encrypted(load: Load, problems: Problems) -> None:
    """A deploy key in clear over a network is a mistake, in development one's own business."""
    convex = {"DATABASE_TYPE": "convex", "CONVEX_DEPLOYMENT_URL": "http://convex.internal:3210"}
    assert "http://convex.internal:3210" == load(**convex).settings.database.url
    (problem,) = problems(APP_PROFILE="production", **convex)
    assert (
        "CONVEX_DEPLOYMENT_URL is [hidden] (environment): in production it must begin with https://, "
        "unless it is this machine"
    ) == problem


def test_the_database_url_wins_and_a_contradiction_is_pointed_out(load: Load) -> None:
    """DATABASE_URL decides; a DATABASE_TYPE that says otherwise is worth a warning, a default is not."""
    contradictory = load(DATABASE_TYPE="memory", DATABASE_URL="sqlite:///x.db")
    assert contradictory.settings.database == DatabaseLocation("sqlite", Path("x.db"))
    assert (
        "DATABASE_TYPE is memory (environment), but DATABASE_URL says sqlite and wins",
    ) == contradictory.warnings
    assert () == load(DATABASE_URL="memory://").warnings
    assert load(DATABASE_TYPE="memory").settings.database == DatabaseLocation("memory")


def test_a_role_for_keys_that_nobody_has_is_pointed_out(load: Load) -> None:
    """Roles are in tokens, where a claim says so."""
    keys = {"AUTH_ENABLED": "true", "KEYS_ENABLED": "true", "KEYS_ROLE": "keeper"}
    (warning,) = load(**keys).warnings
    assert warning.startswith("KEYS_ROLE has no effect: no tokens are accepted")
    issuer = {"AUTH_ISSUER": "https://auth.example.com/", "AUTH_AUDIENCE": "us"}
    (warning,) = load(**keys, **issuer).warnings
    assert warning.startswith("KEYS_ROLE is keeper, but AUTH_ROLES_CLAIM is not set")
    assert () == load(**keys, **issuer, AUTH_ROLES_CLAIM="roles").warnings


def test_a_directory_called_dotenv_is_ignored(load: Load, tmp_path: Path) -> None:
    """Some keep a virtual environment in a directory of that name."""
    (tmp_path / ".env").mkdir()
    assert 3000 == load().settings.port


def test_a_directory_called_as_the_configuration_is_an_error(problems: Problems, tmp_path: Path) -> None:
    """A container runtime makes one where the file to be mounted is not there."""
    (tmp_path / "estuary.toml").mkdir()
    assert ("estuary.toml is not a regular file",) == problems()


@pytest.mark.parametrize(("file", "text"), [(".env", b"PORT=4\n"), ("estuary.toml", b"port = 4\n")])
def test_a_pipe_that_is_written_to_is_read(load: Load, tmp_path: Path, file: str, text: bytes) -> None:
    """Password managers give secrets so."""
    os.mkfifo(tmp_path / file)
    with writing(tmp_path / file, text):
        assert 4 == load().settings.port


@pytest.mark.parametrize("file", [".env", "estuary.toml"])
def test_a_device_is_no_configuration(problems: Problems, tmp_path: Path, file: str) -> None:
    """Nothing but a file or a named pipe is."""
    (tmp_path / file).symlink_to(os.devnull)
    assert (f"{file} is not a regular file",) == problems()


def test_dotenv_may_start_with_a_byte_order_mark_and_end_lines_with_crlf(
    load: Load, tmp_path: Path
) -> None:
    """A file saved on Windows is read like any other."""
    (tmp_path / ".env").write_bytes(b"\xef\xbb\xbfPORT=4\r\nHOST=127.0.0.1\r\n")
    settings = load().settings
    assert (4, "127.0.0.1") == (settings.port, settings.host)


SECRETS = ("postgres://admin:hunter2@db:x/estuary", "hunter2", "sqlite://hunter2", "memory://hunter2\x1b")


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_in_no_error(problems: Problems, tmp_path: Path, secret: str) -> None:
    """Wherever a wrong secret comes from, the message says which and where, and not what."""
    (tmp_path / "secret").write_text(secret)
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "database_url").write_text(secret)
    found = [
        *problems(DATABASE_URL=secret),
        *problems(DATABASE_URL_FILE=str(tmp_path / "secret")),
        *problems(DATABASE_URL_FILE=secret.rstrip("\x1b")),
        *problems(CREDENTIALS_DIRECTORY=str(tmp_path / "credentials")),
        *problems(DATABASE_URL=secret, DATABASE_URL_FILE=secret),
    ]
    (tmp_path / ".env").write_text(f'DATABASE_URL="{secret}')
    found += problems()
    assert 6 == len(found)
    assert not [line for line in found if "hunter2" in line]
    assert all("DATABASE_URL" in line for line in found)


def test_a_secret_is_in_no_repr_and_not_in_the_description(load: Load) -> None:
    """What is printed or logged of a configuration shows that a secret is set, and no more."""
    loaded = load(DATABASE_URL="sqlite:///hunter2.db")
    assert "hunter2" not in repr(loaded.settings)
    assert "hunter2" not in "\n".join(described(loaded))
    assert Effective("DATABASE_URL", "[hidden]", "environment") in loaded.effective
    assert "-" == shown_of(load(), "DATABASE_URL")


def test_the_description_has_a_line_for_each_variable(load: Load) -> None:
    """`estuary check` prints name, value and source of every variable, in the table's order."""
    loaded = load(APP_PROFILE="production", SECURITY_CSP="default-src 'none'" + "; img-src x" * 20)
    lines = [line.split() for line in described(loaded)]
    assert [variable.name for variable in TABLE] == [line[0] for line in lines]
    assert ["APP_PROFILE", "production", "environment"] in lines
    assert ["PORT", "3000", "default"] in lines
    assert ["RATE_LIMIT_MAX_REQUESTS", "100", "default", "(production)"] in lines
    assert ["CORS_ALLOWED_ORIGINS", "-", "default", "(production)"] in lines
    assert max(map(len, described(loaded))) < 160


def test_development_defaults_that_differ_say_so(load: Load) -> None:
    """An operator sees which defaults another profile would change."""
    assert "default (development)" == source_of(load(), "SECURITY_STRICT_MODE")


def test_a_misspelt_name_in_dotenv_is_an_error(problems: Problems, tmp_path: Path) -> None:
    """The file is Estuary's own; a setting that silently does nothing is a setting lost."""
    (tmp_path / ".env").write_text("\nRATE_LIMT_ENABLED=false\nPROT=80\nport=81\nDATABSE_URL_FILE=x\n")
    assert (
        ".env:2: RATE_LIMT_ENABLED is not a variable of Estuary; is RATE_LIMIT_ENABLED meant?",
        ".env:3: PROT is not a variable of Estuary; is PORT meant?",
        ".env:4: port is not a variable of Estuary; is PORT meant?",
        ".env:5: DATABSE_URL_FILE is not a variable of Estuary; is DATABASE_URL_FILE meant?",
    ) == problems()


def test_other_names_in_dotenv_are_left_alone(load: Load, tmp_path: Path) -> None:
    """Compose reads the same file, and releases to come know more names."""
    (tmp_path / ".env").write_text(
        "COMPOSE_PROJECT_NAME=x\nPOSTGRES_PASSWORD=x\nDATABASE_SSL=1\nDATABASE_USER=x\nDATABASE_NAME=x\n"
        "CONVEX_DEPLOYMENT_URL=https://x\nAUTH_TOKEN=x\nHOSTNAME=x\nHOST_PORT=80\nAPP_PORT=80\nLOG_FILE=x\nRUST_BACKTRACE=1\n"
    )
    assert () == load().warnings


def test_a_misspelt_name_in_the_environment_is_a_warning(load: Load) -> None:
    """The environment is shared: the name may be somebody else's."""
    loaded = load(RATE_LIMT_ENABLED="false", LOG_FORMT_FILE="x", LOG_LEVEL="info")
    assert loaded.settings.rate_limit_enabled is True
    assert (
        "RATE_LIMT_ENABLED in the environment is not a variable of Estuary; is RATE_LIMIT_ENABLED meant?",
        "LOG_FORMT_FILE in the environment is not a variable of Estuary; is LOG_FORMAT_FILE meant?",
        "LOG_LEVEL in the environment is not a variable of Estuary; is LOG_FILTER meant?",
    ) == loaded.warnings


def test_a_real_environment_raises_no_alarm(load: Load) -> None:
    """Shells, terminals, orchestrators and CI set names that resemble ours; none of them is pointed out."""
    assert () == load(**REAL_ENVIRONMENT).warnings


def test_what_surrounds_the_process_is_passed_on(load: Load) -> None:
    """The process manager's and the terminal's variables come through here as well, as they are."""
    around = load(
        NOTIFY_SOCKET="@x", WATCHDOG_USEC="2000000", LISTEN_FDS="1", NO_COLOR="1"
    ).process_environment
    assert ("@x", "2000000", "1") == (around.notify_socket, around.watchdog_usec, around.listen_fds)
    assert around.no_color
    bare = load(NO_COLOR="").process_environment
    assert ("", "", "") == (bare.notify_socket, bare.watchdog_pid, bare.listen_pid)
    assert not bare.no_color


def test_dotenv_says_nothing_of_the_surroundings(load: Load, tmp_path: Path) -> None:
    """NOTIFY_SOCKET is for this process from its parent: a file cannot know it."""
    (tmp_path / ".env").write_text("NOTIFY_SOCKET=/run/x\n")
    assert "" == load().process_environment.notify_socket


def test_load_reads_this_process_and_its_working_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`load` takes the variables of this process and the `.env` of its working directory."""
    for variable in TABLE:
        monkeypatch.delenv(variable.name, raising=False)
    monkeypatch.setenv("MAX_IN_FLIGHT", "77")
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("PORT=4\n")
    settings = environment.load().settings
    assert (77, 4) == (settings.max_in_flight, settings.port)


@pytest.mark.parametrize("variables", [{"DATABASE_TYPE": "memory"}, {"DATABASE_URL": "memory://"}])
def test_workers_cannot_share_records_in_memory(problems: Problems, variables: dict[str, str]) -> None:
    """Each would answer from records of its own: it is refused, and the way out is named."""
    (line,) = problems(**variables, TOKIO_WORKER_THREADS="4")
    assert line.startswith("WORKERS is 4 (environment, as TOKIO_WORKER_THREADS): each worker would")
    assert "DATABASE_TYPE" in line


@pytest.mark.parametrize(
    ("store", "wanted"),
    [
        ("redis", "REDIS_URL must say where Redis is"),
        ("postgres", "DATABASE_URL must be that of a PostgreSQL"),
    ],
)
def test_what_counts_must_be_there(problems: Problems, store: str, wanted: str) -> None:
    """A limit that could be counted nowhere is refused, with the variable that is missing."""
    assert (f"RATE_LIMIT_STORE is {store} (environment): {wanted}",) == problems(RATE_LIMIT_STORE=store)


def test_requests_are_counted_in_redis_where_there_is_one(load: Load) -> None:
    """Unless it is said otherwise."""
    url = {"REDIS_URL": "redis://localhost"}
    assert "local" == load().settings.rate_limit_place
    assert "redis" == load(**url).settings.rate_limit_place
    assert "local" == load(**url, RATE_LIMIT_STORE="local").settings.rate_limit_place


def test_auto_is_a_worker_a_processor(load: Load) -> None:
    """As many as may be kept busy here; memory has room for one alone. It is shown which number it is."""
    loaded = load(WORKERS="auto")
    assert min(this_host().cpu_count(), 64) == loaded.settings.workers
    assert (str(loaded.settings.workers), "auto (environment)") == (
        shown_of(loaded, "WORKERS"),
        source_of(loaded, "WORKERS"),
    )
    assert 1 == load(WORKERS="auto", DATABASE_TYPE="memory").settings.workers


NAMES = st.sampled_from([name for variable in TABLE for name in (*variable.names, f"{variable.name}_FILE")])


def lines_of(environ: dict[str, str]) -> tuple[str, ...]:
    """All that an operator would be shown of `environ`, right or wrong."""
    try:
        loaded = load_from(environ, directory=Path("/nonexistent"))
    except ConfigurationError as error:
        return error.problems
    return (*described(loaded), *loaded.warnings)


@given(environ=st.dictionaries(NAMES | st.text(max_size=12), st.text(max_size=20), max_size=8))
def test_any_environment_gives_settings_or_a_configuration_error(environ: dict[str, str]) -> None:
    """No environment, however odd, ends in another exception; what is said of it can be printed."""
    lines = lines_of(environ)
    assert lines
    assert all(line.isprintable() for line in lines)
