"""Blocks of commands in documents, and what they need that a test does not have.

A comment right above a block says so: `<!-- needs: kubernetes -->`. Without one the block is run.
"""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])

NEEDS = {
    "aws": "an account there",
    "azure": "an account there",
    "convex": "a deployment there",
    "docker": "its engine, and images from a registry",
    "gcloud": "an account there",
    "kubernetes": "a cluster",
    "perf": "the kernel's profiler, the right to use it, and Python 3.12 or later",
    "postgres": "a server of the reader's",
    "root": "rights over the machine",
    "systemd": "a machine that was booted with it",
    "time": "minutes: the command is the whole of another test, or of a measurement",
    "vector": "its program, which no registry has that tests reach",
    "yours": "names, files or modules of the reader's",
}
"""What a block may need, and why no test has it."""

_BLOCK = re.compile(
    r"^(?:<!-- needs: (?P<needs>[^>]+?) -->\n)?```(?P<language>\w+)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


class Block(NamedTuple):
    """A block of a document: `needs` is None where it can be run anywhere."""

    needs: str | None
    language: str
    body: str

    @property
    def commands(self) -> list[str]:
        """What is typed: in a session at a console what stands behind the prompt, else all of it."""
        if self.language == "console":
            return [line.removeprefix("$ ") for line in self.body.splitlines() if line.startswith("$ ")]
        return [self.body.strip()] if self.language == "sh" else []


def blocks(document: Path) -> list[Block]:
    """Every fenced block of a document, in order."""
    return [
        Block(match["needs"], match["language"], match["body"])
        for match in _BLOCK.finditer(document.read_text())
    ]
