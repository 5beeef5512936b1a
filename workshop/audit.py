"""Audits what Estuary is made of: its code (bandit), its libraries (pip-audit), its workflows (zizmor).

`python workshop/audit.py` runs all three; `… code FOLDER`, `… libraries` and `… workflows FOLDER` run one.
The exit code is 1 if anything was found. An audit that could not be made says "not run", which is not
"nothing found".
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
WORKFLOWS = ROOT / ".github" / "workflows"

SKIPPED = {
    "B404": "importing subprocess does nothing; how it is called, B602 to B607 look at",
}
"""Checks that are not made anywhere, each with its reason."""


def code(folder: Path) -> list[str]:
    """What bandit finds in `folder`, but for lines that ruff, which has its rules, has a reason for."""
    reported = _run("bandit", "--quiet", "--recursive", str(folder), "--format", "json")
    findings = json.loads(reported.stdout)
    found = [f"{error['filename']}: {error['reason']}" for error in findings["errors"]]
    for each in findings["results"]:
        if each["test_id"] not in SKIPPED and not _is_reasoned(each):
            where = f"{each['filename']}:{each['line_number']}"
            found.append(f"{where}: {each['test_id']} {each['issue_text']}")
    return found


def libraries() -> list[str]:
    """The known flaws of what is installed; raises `NotRun` where the advisories are out of reach."""
    reported = _run("pip-audit", "--format", "json", "--progress-spinner", "off", "--skip-editable")
    if not reported.stdout:
        raise NotRun(reported.stderr.strip().rpartition("\n")[2])
    return flaws(json.loads(reported.stdout)["dependencies"])


def flaws(audited: Sequence[dict[str, Any]]) -> list[str]:
    """The flaws that pip-audit reports; raises `NotRun` if it reports none, but did not look up all."""
    skipped = [each for each in audited if "skip_reason" in each]
    found = [
        f"{each['name']} {each['version']}: {flaw['id']}"
        for each in audited
        for flaw in each.get("vulns", ())
    ]
    if skipped and not found:
        raise NotRun(f"{len(skipped)} of {len(audited)} libraries: {skipped[0]['skip_reason']}")
    return found


def workflows(folder: Path) -> list[str]:
    """What zizmor finds in the workflow files of `folder`, offline."""
    files = sorted(map(str, folder.glob("*.y*ml")))
    if not files:
        raise NotRun(f"there is no workflow file in {folder}")
    reported = _run("zizmor", "--offline", "--quiet", "--format", "json", *files)
    if reported.returncode not in range(10, 15) and reported.returncode != 0:
        raise NotRun(reported.stderr.strip())
    return [f"{each['ident']}: {each['desc']}" for each in json.loads(reported.stdout)]


class NotRun(Exception):
    """The audit could not be made; the message says why."""


def _is_reasoned(finding: dict[str, Any]) -> bool:
    """Whether ruff ignores it, and the file says why: one reason may be for several lines."""
    rule = f"S{finding['test_id'][1:]}"
    text = Path(finding["filename"]).read_text()
    first, last = finding["line_range"][0], finding["line_range"][-1]
    passed_over = any(f"noqa: {rule}" in line for line in text.splitlines()[first - 1 : last])
    return passed_over and re.search(rf"noqa: {rule}\s+[(#-]", text) is not None


def _run(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BIN / tool, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def _audits(arguments: Sequence[str]) -> Iterator[tuple[str, list[str] | str]]:
    made: dict[str, Callable[[], list[str]]] = {
        "code": lambda: code(Path(arguments[1]) if arguments[1:] else ROOT / "src"),
        "libraries": libraries,
        "workflows": lambda: workflows(Path(arguments[1]) if arguments[1:] else WORKFLOWS),
    }
    for name in arguments[:1] or made:
        try:
            yield name, made[name]()
        except NotRun as reason:
            yield name, f"not run: {reason}"


def main(arguments: Sequence[str]) -> int:
    """Make the audits that `arguments` ask for, and say what each found."""
    failed = False
    for name, outcome in _audits(arguments):
        if isinstance(outcome, str):
            print(f"audit: {name}: {outcome}")
            continue
        failed = failed or bool(outcome)
        print(f"audit: {name}: {len(outcome) or 'nothing'} found")
        for each in outcome:
            print(f"  {each}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
