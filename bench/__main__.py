"""`python -m bench`: asks, prints and keeps the answers, and says whether the promises hold."""

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from bench import capacity, load, machine, report, results
from bench.bounds import judge_all
from bench.contenders import CONTENDERS
from bench.contenders.contender import ROOT
from bench.cores import choose, pinned
from bench.exchange import WrongAnswer
from bench.load import CONNECTIONS, LoadFailed, LoadMissing
from bench.process import NotReady
from bench.question import LARGE, ROUNDS, SECONDS, Question, Settings
from bench.questions import QUESTIONS
from bench.report import Report, Topic

HELD, BROKEN, NOT_RUN = 0, 1, 2

EPILOG = """
Exit code: 0 all promises that were measured hold, 1 one does not, 2 the run is void: something is
missing, or a contender answered wrongly.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; the exit code."""
    options = _parser().parse_args(arguments)
    asked = [question for question in QUESTIONS if question.name in options.questions]
    settings = _settings(options)
    try:
        load.require()
        # What waits and polls here must not take the contenders' core from them.
        with pinned(settings.cores.load):
            done = _run(asked, settings)
    except (LoadMissing, LoadFailed, WrongAnswer, NotReady) as error:
        print(f"bench: {error}", file=sys.stderr)
        return NOT_RUN
    whole = _is_whole(asked, settings)
    files = results.keep(done, whole=whole)
    if whole:
        capacity.write(done)
    written = [f"wrote {path.relative_to(ROOT)}" for path in files]
    print("\n".join(["", report.verdict_table(done.verdicts), "", *written]))
    return HELD if all(verdict.holds for verdict in done.verdicts) else BROKEN


def _run(asked: Sequence[Question], settings: Settings) -> Report:
    """Ask each question and print its answer as soon as it is there."""
    here = machine.describe()
    _warn(settings, here.load_average)
    topics = []
    for question in asked:
        series = question.measure(settings)
        topic = Topic(question.name, question.title, question.base, tuple(series))
        if series:
            print(f"\n{topic.title}\n\n{report.table(topic)}", flush=True)
        topics.append(topic)
    measured = [series for topic in topics for series in topic.series]
    return Report(
        finished=datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ"),
        commit=machine.commit(),
        machine=here,
        versions=machine.versions(),
        settings={"rounds": settings.rounds, "seconds": settings.seconds, "connections": CONNECTIONS},
        topics=tuple(topics),
        verdicts=tuple(judge_all(measured)),
    )


def _is_whole(asked: Sequence[Question], settings: Settings) -> bool:
    """Whether the run is fit to be published: all questions and contenders, for at least the usual time."""
    long_enough = settings.rounds >= ROUNDS and settings.seconds >= SECONDS and settings.large >= LARGE
    return long_enough and len(asked) == len(QUESTIONS) and not settings.only


def _warn(settings: Settings, load_average: float) -> None:
    """Say what will make the figures worse than they need be."""
    if settings.cores.server == settings.cores.load:
        print("warning: server and load share the only core; no figure means much", file=sys.stderr)
    if load_average > 0.5:
        print(f"warning: load average is {load_average:g}: others use this machine too", file=sys.stderr)
    for contender in CONTENDERS:
        if not contender.available():
            print(f"warning: {contender.name} is not installed and takes no part", file=sys.stderr)


def _settings(options: argparse.Namespace) -> Settings:
    quick = options.quick
    return Settings(
        cores=choose(),
        rounds=options.rounds or (2 if quick else ROUNDS),
        seconds=options.seconds or (1 if quick else SECONDS),
        only=frozenset(options.only),
        large=LARGE // 10 if quick else LARGE,
    )


def _parser() -> argparse.ArgumentParser:
    questions = [question.name for question in QUESTIONS]
    contenders = [contender.name for contender in CONTENDERS]
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__, epilog=EPILOG)
    parser.add_argument("--quick", action="store_true", help="two rounds of a second, smaller stores")
    parser.add_argument("--rounds", type=_positive, help=f"how often each has its turn ({ROUNDS})")
    parser.add_argument("--seconds", type=_positive, help=f"how long a turn is ({SECONDS})")
    parser.add_argument(
        "--questions",
        type=_names(questions),
        default=questions,
        metavar="NAME,…",
        help=f"of {', '.join(questions)}; all unless given",
    )
    parser.add_argument(
        "--only",
        type=_names(contenders),
        default=[],
        metavar="NAME,…",
        help=f"of {', '.join(contenders)}; all unless given",
    )
    return parser


def _names(known: Sequence[str]) -> Callable[[str], list[str]]:
    """Reads a comma list of known names."""

    def read(text: str) -> list[str]:
        names = [name.strip() for name in text.split(",")]
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name!r} is not one of {', '.join(known)}")
        return names

    return read


def _positive(text: str) -> int:
    """Reads a whole number from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
