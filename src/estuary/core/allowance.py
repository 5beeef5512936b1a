"""A rate limiter's answer: how much of its allowance a client has left."""

from mypy_extensions import mypyc_attr


@mypyc_attr(acyclic=True)
class Decision:
    """Whether this hit may pass, and how many more requests may at once.

    `resets_in`: seconds until more of the allowance is there than now. For a request that was refused this
    is when it passes; one of a higher cost may have to wait for more, and above the limit it never passes.
    """

    __slots__ = ("allowed", "remaining", "resets_in")

    def __init__(self, allowed: bool, remaining: int, resets_in: float) -> None:
        self.allowed = allowed
        self.remaining = remaining
        self.resets_in = resets_in

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Decision) and (
            self.allowed == other.allowed
            and self.remaining == other.remaining
            and self.resets_in == other.resets_in
        )

    def __hash__(self) -> int:
        return hash((self.allowed, self.remaining, self.resets_in))

    def __repr__(self) -> str:
        return f"Decision(allowed={self.allowed}, remaining={self.remaining}, resets_in={self.resets_in})"
