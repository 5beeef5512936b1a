"""Waiting, apart from what decides: compiled modules hold no coroutines (`workshop/compile.py`)."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from estuary.core.errors import EstuaryError
from estuary.http.messages import Request, Response, Step

T = TypeVar("T")


class Pipeline(Protocol):
    """What takes a request to its answer, step by step, and observes both."""

    def advance(self, request: Request) -> Step:
        """Lead the request on to its answer, or to what has to be waited for."""
        ...

    def explain(self, error: Exception, request: Request) -> Response:
        """The answer for `error`."""
        ...

    def finish(self, request: Request, response: Response | None) -> None:
        """Report that the request is over."""
        ...


async def then_maybe_later(
    awaited: Awaitable[T], act: Callable[[T], Response | Awaitable[Response]]
) -> Response:
    """The answer that `act` makes of the outcome of `awaited`, at once or later."""
    outcome = act(await awaited)
    return outcome if isinstance(outcome, Response) else await outcome


async def unless_failed(awaited: Awaitable[T], report: Callable[[Exception], None]) -> T:
    """The outcome of `awaited`; an error is reported before it is passed on."""
    try:
        return await awaited
    except Exception as error:
        report(error)
        raise


async def conclude(pipeline: Pipeline, request: Request, step: Step) -> Response:
    """The answer to `request`, which got as far as `step`; raises nothing but its own end."""
    response: Response | None = None
    try:
        while not isinstance(step, Response):
            verdict = await step
            if isinstance(verdict, EstuaryError):
                step = pipeline.explain(verdict, request)
            else:
                step = verdict or pipeline.advance(request)
        response = step
    except Exception as error:  # noqa: BLE001 - as the kernel does where nothing is waited for
        response = pipeline.explain(error, request)
    finally:
        pipeline.finish(request, response)
    return response
