"""The errors of HTTP itself: a request that cannot be read, or asks for what no route could serve."""

from estuary.core.errors import EstuaryError


class UnknownMethod(EstuaryError):
    """The method is none that HTTP knows."""

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
