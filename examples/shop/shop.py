"""A small shop: customers, products, orders and the lines of orders.

Everyone may look at the products. Customers see their own records only; the staff sees all.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct, structs

from estuary import (
    OWNER,
    PUBLIC,
    SIGNED_IN,
    Access,
    Digits,
    Hooks,
    Identity,
    Index,
    Now,
    Ref,
    Reject,
    Resource,
    Role,
    Subject,
    Unique,
)

STAFF = Role("staff")
THEIR_OWN = Access(read=OWNER | STAFF, create=SIGNED_IN, update=OWNER | STAFF, delete=OWNER | STAFF)
"""Customers have their own records to themselves, apart from the staff."""


class Customer(Struct, frozen=True, kw_only=True):
    """Somebody who buys."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    email: Annotated[str, Unique(fold_case=True, of_all=True), Meta(min_length=3, max_length=200)]


CUSTOMERS = Resource("customers", Customer, access=THEIR_OWN)


class Product(Struct, frozen=True, kw_only=True):
    """Something that is sold. When its price changes, another product succeeds it."""

    sku: Annotated[str, Unique(of_all=True), Meta(pattern=r"^[A-Z]{3}-[0-9]{3}\Z", max_length=7)]
    title: Annotated[str, Meta(min_length=1, max_length=200)]
    price: Annotated[Decimal, Digits(10, 2, ge=0), Index]
    successor: Annotated[str, Ref("products", on_delete="set_null")] | None = None


def keep_price(old: Product, new: Product, identity: Identity | None) -> Product:
    """Orders name products, and no price of their own: it stays what it was when they were placed."""
    if new.price != old.price:
        raise Reject("price", "A price stays; create another product, and name it as successor", "fixed")
    return new


PRODUCTS = Resource(
    "products",
    Product,
    access=Access(read=PUBLIC, create=STAFF, update=STAFF, delete=STAFF),
    hooks=Hooks(before_update=keep_price),
)

Status = Literal["open", "paid", "shipped", "cancelled"]
BY_STAFF: dict[Status, set[Status]] = {"open": {"paid", "cancelled"}, "paid": {"shipped", "cancelled"}}
BY_CUSTOMERS: dict[Status, set[Status]] = {"open": {"cancelled"}}


class Order(Struct, frozen=True, kw_only=True):
    """What a customer wants; its lines say of what, and how many."""

    customer: Annotated[str, Ref("customers")]
    status: Status = "open"
    note: Annotated[str, Meta(max_length=500)] = ""
    placed_at: Annotated[datetime, Now]
    placed_by: Annotated[str, Subject, Meta(max_length=255)] = ""


def begin(new: Order, identity: Identity | None) -> Order:
    """An order is open at first, whatever its client says."""
    return structs.replace(new, status="open")


def proceed(old: Order, new: Order, identity: Identity | None) -> Order:
    """Orders only go forward; the staff moves them, and customers may cancel."""
    allowed = BY_STAFF if identity is not None and "staff" in identity.roles else BY_CUSTOMERS
    if new.status != old.status and new.status not in allowed.get(old.status, ()):
        raise Reject("status", f"You cannot make this order {new.status}: it is {old.status}", "status")
    return new


ORDERS = Resource(
    "orders",
    Order,
    indexes=[("status", "placed_at")],
    access=Access(read=OWNER | STAFF, create=SIGNED_IN, update=OWNER | STAFF, delete=STAFF),
    hooks=Hooks(before_create=begin, before_update=proceed),
)


class Line(Struct, frozen=True, kw_only=True):
    """So many of a product, in an order; they go when the order goes."""

    order: Annotated[str, Ref("orders", on_delete="cascade")]
    product: Annotated[str, Ref("products")]
    quantity: Annotated[int, Meta(ge=1, le=100)] = 1


LINES = Resource("lines", Line, unique=[Unique("order", "product", of_all=True)], access=THEIR_OWN)
