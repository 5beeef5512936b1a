"""A figure never comes from errors."""

import pytest

from bench import exchange
from bench.load import Load, LoadFailed, checked, parse

LINE = '{"requests":2000,"duration_us":500000,"refused":0,"socket_errors":0,"p50_us":800,"p99_us":2100}'


def load(*, requests: int = 2000, refused: int = 0, socket_errors: int = 0) -> Load:
    """What wrk counted in half a second."""
    return Load(requests, 500_000, refused, socket_errors, 800, 2100)


def test_the_last_line_holds_the_figures() -> None:
    """What wrk prints for people before it does not matter."""
    assert load() == parse(f"Running 1s test\n  Latency 1ms\n{LINE}\n")


def test_output_without_figures_is_an_error() -> None:
    """Where wrk gave up, there is no figure."""
    with pytest.raises(LoadFailed, match="unable to connect"):
        parse("unable to connect to 127.0.0.1:1 Connection refused\n")


def test_rate_is_answers_a_second() -> None:
    """2,000 answers in half a second are 4,000 a second."""
    assert 4000 == load().rate


@pytest.mark.parametrize(
    "bad", [load(refused=1), load(socket_errors=1), load(requests=0)], ids=["refused", "broken", "none"]
)
def test_a_run_with_errors_has_no_figure(bad: Load) -> None:
    """One refused request, one broken connection, or no answer at all voids the run."""
    with pytest.raises(LoadFailed):
        checked(bad, exchange.create())


def test_where_404_is_expected_a_200_voids_the_run() -> None:
    """A question about missing records counts only refusals."""
    reported = load(refused=2000)
    assert reported == checked(reported, exchange.unknown())
    with pytest.raises(LoadFailed):
        checked(load(refused=1999), exchange.unknown())
