"""A client of Estuary's API, with synchronous and asynchronous calls.

Installed with the extra `client`, it imports nothing of the server. In short:

    from estuary.client import Client

    with Client("https://shop.example.org", key="esk_…") as client:
        books = client.resource("books", Book)           # values are Books; without the type, dicts
        made = books.create(Book(title="Moby-Dick", pages=635))
        made.id, made.version, made.created_at, made.value.pages

        books.get(made.id)                               # get_by("isbn", "978-3")
        books.patch(made.id, pages=636, note=None)       # patch_by; None clears
        books.replace(made.id, Book(title="Moby-Dick"))
        books.upsert_by("isbn", Book(title="Emma", isbn="978-3"))
        books.edit(made.id, lambda book: msgspec.structs.replace(book, pages=book.pages + 1))
        books.delete(made.id)                            # delete_by

        for book in books.where(pages__gte=100, binding__in=["paper"]).sort("-pages").expand("author"):
            book.value.title, book.expand("author", Author)
        books.where(or_(pages__gte=600, tags__has="sea"), not_(binding="cloth")).first()    # count, pages

        with client.batch() as batch:                    # all or none
            author = batch.create(authors, Author(name="Ada"))
            book = batch.create(books, Book(title="Notes", author=author.id))
        book.result.version

`AsyncClient` has the same with `await` and `async for`. Every write carries an idempotency key, and is sent
again where that is safe; what is refused raises one of the exceptions of `EstuaryError`. The guide is
docs/client.md.
"""

from importlib.util import find_spec

if find_spec("httpx2") is None:
    from estuary.core.extras import needs

    raise ModuleNotFoundError(needs("estuary.client", "httpx2", "client"), name="httpx2")

from estuary.client.async_client import AsyncBatch, AsyncClient
from estuary.client.async_resource import AsyncQuery, AsyncResource
from estuary.client.batches import Pending
from estuary.client.conditions import Condition, and_, not_, or_
from estuary.client.errors import (
    BadRequest,
    Conflict,
    ContentTooLarge,
    CursorExpired,
    EstuaryError,
    Forbidden,
    NoAnswer,
    NotFound,
    NotShown,
    PreconditionFailed,
    PreconditionRequired,
    QueryRefused,
    RateLimited,
    Refused,
    ServerError,
    ServiceUnavailable,
    Unauthorized,
    UnexpectedAnswer,
    ValidationFailed,
    Violation,
)
from estuary.client.records import Page, Record
from estuary.client.sync_client import Batch, Client
from estuary.client.sync_resource import Query, Resource

__all__ = [
    "AsyncBatch",
    "AsyncClient",
    "AsyncQuery",
    "AsyncResource",
    "BadRequest",
    "Batch",
    "Client",
    "Condition",
    "Conflict",
    "ContentTooLarge",
    "CursorExpired",
    "EstuaryError",
    "Forbidden",
    "NoAnswer",
    "NotFound",
    "NotShown",
    "Page",
    "Pending",
    "PreconditionFailed",
    "PreconditionRequired",
    "Query",
    "QueryRefused",
    "RateLimited",
    "Record",
    "Refused",
    "Resource",
    "ServerError",
    "ServiceUnavailable",
    "Unauthorized",
    "UnexpectedAnswer",
    "ValidationFailed",
    "Violation",
    "and_",
    "not_",
    "or_",
]
