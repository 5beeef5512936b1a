"""`estuary.toml`: each variable in lower case, between `.env` and the defaults."""

from pathlib import Path

import pytest

from estuary.config.settings import TABLE
from tests.unit.config.conftest import Load, Problems


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    """The file, which is not there yet."""
    return tmp_path / "estuary.toml"


def test_every_type_of_value_is_read(load: Load, toml: Path) -> None:
    """Numbers, booleans, texts, arrays; an array may be written as the environment has it; aliases work."""
    toml.write_text(
        'port = 8_080\nworkers = "auto"\nrate_limit_enabled = false\nlog_format = "json"\n'
        'resources = ["shop.books", "shop/"]\ntrusted_proxies = "10.0.0.1,10.0.0.2"\nrust_log = "info"\n'
        'cors_allowed_origins = ["https://a.example.com"]\n'
    )
    loaded = load(DATABASE_TYPE="memory")
    settings = loaded.settings
    assert (8080, 1, False, "json") == (
        settings.port,
        settings.workers,
        settings.rate_limit_enabled,
        settings.log_format,
    )
    assert ("shop.books", "shop/") == settings.resources
    assert 2 == len(settings.trusted_proxies)
    assert ("https://a.example.com",) == settings.cors_allowed_origins
    sources = {each.name: each.source for each in loaded.effective}
    assert ("estuary.toml", "estuary.toml, as RUST_LOG") == (sources["PORT"], sources["LOG_FILTER"])


def test_dotenv_and_the_environment_win(load: Load, toml: Path, tmp_path: Path) -> None:
    """What a machine says of its own goes before what the project says."""
    toml.write_text('port = 1\nhost = "127.0.0.1"\nmax_in_flight = 3')
    (tmp_path / ".env").write_text("PORT=2\nHOST=127.0.0.2\n")
    settings = load(PORT="4").settings
    assert (4, "127.0.0.2", 3) == (settings.port, settings.host, settings.max_in_flight)


def test_a_file_holds_the_value(load: Load, problems: Problems, toml: Path, tmp_path: Path) -> None:
    """`name_file` is a path, as in the environment; with the name itself, which was meant is unknown."""
    (tmp_path / "url").write_text("memory://\n")
    toml.write_text('database_url_file = "url"')
    loaded = load()
    assert "memory" == loaded.settings.database.kind
    assert {"DATABASE_URL": tmp_path / "url"} == loaded.secret_files
    toml.write_text('port = 1\nport_file = "url"')
    assert ("PORT and PORT_FILE are both set (estuary.toml): keep one",) == problems()


def test_a_name_that_is_no_variables_is_an_error(problems: Problems, toml: Path) -> None:
    """With its line, and the name that is meant; the file is Estuary's alone."""
    toml.write_text('rate_limt_enabled = false\n\nPORT = 1\n"log_level" = "x"\ncompose_project = "x"\n')
    assert (
        "estuary.toml:1: rate_limt_enabled is not a variable of Estuary; is rate_limit_enabled meant?",
        "estuary.toml:3: PORT is not a variable of Estuary; is port meant?",
        "estuary.toml:4: log_level is not a variable of Estuary; is log_filter meant?",
        "estuary.toml:5: compose_project is not a variable of Estuary",
    ) == problems()


def test_a_value_of_the_wrong_type_is_told(problems: Problems, toml: Path) -> None:
    """With what stands for such a value in TOML; the value, which may be a secret, is not shown."""
    toml.write_text(
        'port = "3000"\nworkers = true\nrate_limit_enabled = 1\nlog_format = 3\nresources = [1]\n'
        'trusted_proxies = ["10.0.0.1,10.0.0.2"]\nmax_in_flight = 1.5\nport_file = 3\nhost = 2026-01-01\n'
        '[database_url]\nx = "secret"\n[server]\nport = 1\n[[prot]]\n'
    )
    array = "must be an array of texts, and none of them may have a comma"
    assert (
        "estuary.toml:1: port must be a whole number without quotes",
        "estuary.toml:2: workers must be a whole number without quotes or a text in quotes",
        "estuary.toml:3: rate_limit_enabled must be true or false without quotes",
        "estuary.toml:4: log_format must be a text in quotes",
        f"estuary.toml:5: resources {array}",
        f"estuary.toml:6: trusted_proxies {array}",
        "estuary.toml:7: max_in_flight must be a whole number without quotes",
        "estuary.toml:8: port_file must be a text in quotes",
        "estuary.toml:9: host must be a text in quotes",
        "estuary.toml:10: database_url must be a text in quotes",
        "estuary.toml:12: server is a table: every variable stands at the top of the file, outside of any",
        "estuary.toml:14: prot is not a variable of Estuary; is port meant?",
    ) == problems()


def test_a_value_that_is_not_allowed_is_told_as_elsewhere(problems: Problems, toml: Path) -> None:
    """By the variable's name, with its source."""
    toml.write_text('port = 70000\nlog_format = "xml"\nhost = "a\\nb"')
    unprintable = "it has a control character, a line break or bytes that are not UTF-8"
    assert (
        f"HOST is 'a\\nb' (estuary.toml): {unprintable}; it must be an IP address or a host name",
        "PORT is '70000' (estuary.toml): it must be a whole number from 1 to 65535",
        "LOG_FORMAT is 'xml' (estuary.toml): it must be auto, json or text",
    ) == problems()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"port = \n", "estuary.toml is not TOML: Invalid value (at line 1, column 8)"),
        (
            b"port = 1\nport = 2\n",
            "estuary.toml is not TOML: Cannot overwrite a value (at line 2, column 9)",
        ),
        (b"port = 1\n# \xff\n", "estuary.toml:2: this is not UTF-8"),
    ],
)
def test_a_file_that_is_no_toml_is_told(
    problems: Problems, toml: Path, content: bytes, problem: str
) -> None:
    """With the place."""
    toml.write_bytes(content)
    assert (problem,) == problems()


def test_every_default_can_be_written_in_toml(load: Load, toml: Path) -> None:
    """No variable is left out, whatever the type of its values."""
    lines = []
    for variable in TABLE:
        number, boolean = int in variable.form.types, bool in variable.form.types
        plain = (number and variable.default.isdigit()) or boolean
        if variable.default:
            lines.append(f"{variable.attribute} = {variable.default if plain else repr(variable.default)}")
    toml.write_text("\n".join(lines))
    assert dict(load(DATABASE_TYPE="").settings.values) == load().settings.values
    assert {"estuary.toml"} == {each.source for each in load().effective if each.shown != "-"}
