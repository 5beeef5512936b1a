"""Resources with the access rules of usual set-ups: published articles, drafts, a form, a log, notices."""

from typing import Annotated

from msgspec import Meta, Struct

from estuary import OWNER, PUBLIC, SIGNED_IN, Access, Resource, Role


class Page(Struct, frozen=True):
    """Something to read."""

    title: Annotated[str, Meta(min_length=1, max_length=200)]


EDITORS = Role("editor")
ADMINS = Role("admin")

ARTICLES = Resource(
    "articles", Page, access=Access(read=PUBLIC, create=EDITORS, update=EDITORS, delete=EDITORS)
)
DRAFTS = Resource(
    "drafts",
    Page,
    access=Access(read=OWNER | ADMINS, create=SIGNED_IN, update=OWNER | ADMINS, delete=OWNER | ADMINS),
)
FORMS = Resource("forms", Page, access=Access(read=ADMINS, create=PUBLIC, delete=ADMINS))
LOGS = Resource("logs", Page, access=Access(read=ADMINS))
NOTICES = Resource("notices", Page, access=Access(read=PUBLIC))
