"""An API key as its holder has it: `esk_<id>_<secret>_<crc>`.

The id is 16 hexadecimal digits, the secret 43 digits in base 62, which hold 256 random bits, and the CRC-32
of all that stands before it, in 8 hexadecimal digits: a key that was cut or mistyped is refused without a
look at the store, and scanners for leaked secrets know a key without asking anybody.
"""

import re
from hashlib import sha256
from zlib import crc32

import msgspec

PREFIX = "esk_"
"""The prefix of keys, which no JWT has: a JWT begins with `{"` in base64url."""

ID_BYTES = 8
SECRET_BYTES = 32

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET_DIGITS = 43
"""62 to this power is just above 2 to the power of 256."""
_KEY = r"esk_([0-9a-f]{16})_([0-9A-Za-z]{43})_([0-9a-f]{8})"
_LIKE_A_KEY = r"esk_[0-9A-Za-z_]+"


class KeyParts(msgspec.Struct, frozen=True):
    """The id of a key, and the SHA-256 of its secret in hexadecimal digits."""

    id: str
    digest: str


def key_text(key_id: str, secret: bytes) -> str:
    """The key of this id whose secret holds `secret`, of `SECRET_BYTES`."""
    body = f"{PREFIX}{key_id}_{_in_base_62(secret)}"
    return f"{body}_{crc32(body.encode()):08x}"


def parse_key(text: str) -> KeyParts | None:
    """The parts of a key; None where `text` is not of the form, or its CRC is another one."""
    found = re.fullmatch(_KEY, text)
    if found is None:
        return None
    body = text[: found.end(2)].encode()
    if f"{crc32(body):08x}" != found[3]:
        return None
    return KeyParts(found[1], sha256(found[2].encode()).hexdigest())


def masked(text: str) -> str:
    """`text` with what may be a key in it left out, for logs."""
    return re.sub(_LIKE_A_KEY, f"{PREFIX}…", text)


def _in_base_62(secret: bytes) -> str:
    number, digits = int.from_bytes(secret), []
    for _ in range(_SECRET_DIGITS):
        number, digit = divmod(number, 62)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
