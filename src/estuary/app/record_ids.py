"""The ids of new records; apart from what uses it, for this is compiled."""

from uuid_utils import uuid7


def new_record_id() -> str:
    """UUID version 7 (RFC 9562): ids that grow with time keep a primary key's new pages together."""
    return str(uuid7())
