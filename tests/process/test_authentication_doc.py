"""The page on authentication is true: its trial works as it is typed, and its tables name what there is."""

import itertools
import re
import shlex
import subprocess
import sys
from pathlib import Path

from estuary.core.access.identity import Refusal
from tests.support.forgeries import Forger
from tests.support.http import Connection
from tests.support.issuer import keys_of
from tests.support.process import environment_of, serving

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "authentication.md").read_text()
TRIAL = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TESTS = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))


def trial() -> list[str]:
    """The commands of the trial, without the prompt."""
    block = TRIAL.search(PAGE.partition("## Try it")[2])
    assert block is not None
    return [line.removeprefix("$ ") for line in block[1].splitlines()]


def test_the_trial_works_as_it_is_typed(tmp_path: Path) -> None:
    """From an empty folder: a token, the settings, 401 without it and the list with it."""
    make, export, serve, without, within = trial()
    program = f"{shlex.quote(sys.executable)} -m estuary"
    subprocess.run(
        ["sh", "-ec", make.replace("estuary", program, 1)],
        cwd=tmp_path,
        env=environment_of({}),
        timeout=60,
        check=True,
    )
    pairs = shlex.split(export.removeprefix("export ").replace("$PWD", str(tmp_path)))
    variables = dict(pair.split("=", 1) for pair in pairs)
    assert "estuary serve &" == serve
    with serving(tmp_path, variables) as server:
        for command, status in ((without, 401), (within, 200)):
            arguments = shlex.split(
                command.replace("$(cat token)", (tmp_path / "token").read_text().strip())
            )
            headers = [value for name, value in itertools.pairwise(arguments) if name == "-H"]
            path = next(word for word in arguments if word.startswith("http")).partition(":3000")[2]
            with Connection(server) as connection:
                lines = "".join(f"{line}\r\n" for line in headers)
                connection.send(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n".encode())
                assert status == connection.receive().status


def test_every_reason_is_told() -> None:
    """An operator who sees one in a metric finds it here."""
    reported = PAGE.partition("## Bad tokens in numbers")[2].partition("\n## ")[0]
    assert [] == [reason.value for reason in Refusal if f"`{reason.value}`" not in reported]


def test_every_rule_names_tests_that_exist() -> None:
    """Each line of the table of RFC 8725 points to a test or a forgery that is there."""
    table = PAGE.partition("## RFC 8725")[2]
    rules = [line for line in table.splitlines() if line.startswith("| 3.")]
    assert [f"3.{number}" for number in range(1, 13)] == [line.split()[1] for line in rules]
    forgeries = list(Forger("https://issuer.test", keys_of("RS256"), "http://127.0.0.1:9").every())
    for line in rules:
        proof = line.rsplit("|", 2)[1]
        tests = re.findall(r"`(test_\w+)`", proof)
        named = [name.removesuffix("…").strip() for name in re.findall(r"\*([^*]+)\*", proof)]
        assert tests or named, line
        assert [] == [name for name in tests if f"def {name}(" not in TESTS], line
        assert [] == [name for name in named if not any(f.startswith(name) for f in forgeries)], line
