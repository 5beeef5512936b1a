"""The errors of HTTP itself: a request that is unreadable, too large, or asks for what is not served."""

from collections.abc import Sequence

from estuary.core.errors import EstuaryError, Violation


class BadRequest(EstuaryError):
    """The request cannot be understood; `message` says why, `violations` name the fields."""

    code = "BAD_REQUEST"

    def __init__(self, message: str, violations: Sequence[Violation] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.violations = tuple(violations)


class InvalidParameter(BadRequest):
    """A query parameter or header is out of its range."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name


class VersionNotAcceptable(EstuaryError):
    """The client accepts only API versions that do not exist."""

    code = "BAD_REQUEST"

    def __init__(self, asked: str, supported: Sequence[str]) -> None:
        super().__init__(asked)
        self.asked = asked
        self.supported = tuple(supported)


class MethodNotAllowed(EstuaryError):
    """The route exists, but not for this method."""

    code = "METHOD_NOT_ALLOWED"

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__(", ".join(allowed))
        self.allowed = tuple(allowed)


class PayloadTooLarge(EstuaryError):
    """The body is longer than `limit` bytes."""

    code = "PAYLOAD_TOO_LARGE"

    def __init__(self, limit: int) -> None:
        super().__init__(str(limit))
        self.limit = limit


class UnsupportedEncoding(EstuaryError):
    """The body is encoded in a way that Estuary does not read."""

    code = "UNSUPPORTED_MEDIA_TYPE"


class UnsupportedMediaType(EstuaryError):
    """The body is of none of the `accepted` types; `header` is the response header that lists those."""

    code = "UNSUPPORTED_MEDIA_TYPE"

    def __init__(self, header: str, accepted: str) -> None:
        super().__init__(accepted)
        self.header = header
        self.accepted = accepted


class UriTooLong(EstuaryError):
    """Path and query together are longer than `limit` characters."""

    code = "BAD_REQUEST"

    def __init__(self, limit: int) -> None:
        super().__init__(str(limit))
        self.limit = limit


class HeadersTooLarge(EstuaryError):
    """The header fields, names and values, are longer than `limit` characters."""

    code = "BAD_REQUEST"

    def __init__(self, limit: int) -> None:
        super().__init__(str(limit))
        self.limit = limit


class RequestTimeout(EstuaryError):
    """The body did not arrive within `seconds`."""

    code = "REQUEST_TIMEOUT"

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class RateLimited(EstuaryError):
    """The client has used up its requests; it may try again in `resets_in` seconds."""

    code = "RATE_LIMIT_EXCEEDED"

    def __init__(self, resets_in: float) -> None:
        # Not the base's, too: `BaseException.__new__` has kept the arguments, and these come in floods.
        self.resets_in = resets_in


class Overloaded(EstuaryError):
    """More requests are in flight than the process may hold; `retry_in` is in seconds."""

    code = "SERVICE_UNAVAILABLE"

    def __init__(self, retry_in: float) -> None:
        # As above.
        self.retry_in = retry_in


class PreconditionRequired(EstuaryError):
    """The write must say which version it expects, and does not."""

    code = "PRECONDITION_REQUIRED"


class UnknownMethod(EstuaryError):
    """HTTP does not know the method."""

    code = "METHOD_NOT_ALLOWED"


class UnsupportedProtocol(EstuaryError):
    """The request is in a version of HTTP that is not spoken here."""

    code = "BAD_REQUEST"


class UnsupportedTransfer(EstuaryError):
    """The body is transferred in a coding that is not known here: only chunked is."""

    code = "BAD_REQUEST"


class TooManyFields(EstuaryError):
    """The head has more than `limit` header fields."""

    code = "BAD_REQUEST"

    def __init__(self, limit: int) -> None:
        super().__init__(str(limit))
        self.limit = limit


class FramingTooLarge(EstuaryError):
    """A chunked body has more than `limit` bytes of chunk extensions and trailer fields."""

    code = "BAD_REQUEST"

    def __init__(self, limit: int) -> None:
        super().__init__(str(limit))
        self.limit = limit


class UnmetExpectation(EstuaryError):
    """The client expects something other than 100-continue."""

    code = "BAD_REQUEST"


class HeadTimeout(EstuaryError):
    """The request's head did not arrive within `seconds`."""

    code = "REQUEST_TIMEOUT"

    def __init__(self, seconds: float) -> None:
        super().__init__(str(seconds))
        self.seconds = seconds
