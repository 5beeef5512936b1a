"""FastAPI with SQLAlchemy's asynchronous ORM on PostgreSQL, as their tutorials write it.

Only what serving items needs: none of the pipeline that Estuary has on (identifiers, limits, metrics,
logs), so that the comparison is one of the way to the database, and errs on this side.
"""

import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import DateTime, String, Text, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

CONNECTIONS = 8
engine = create_async_engine(
    os.environ["DATABASE_URL"].replace("postgres://", "postgresql+asyncpg://", 1),
    pool_size=CONNECTIONS,
    max_overflow=0,
)
new_session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    """The declarative base."""


class ItemRow(Base):
    """A row."""

    __tablename__ = "items"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class ItemIn(BaseModel):
    """What a client sends to create an item."""

    model_config = ConfigDict(str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=255)
    description: str | None = Field(default=None, max_length=1000)


class Item(ItemIn):
    """An item as it is shown."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    created_at: datetime
    updated_at: datetime


class ItemList(BaseModel):
    """A page of items."""

    items: list[Item]
    total: int
    limit: int
    offset: int


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Make the table."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


async def session() -> AsyncIterator[AsyncSession]:
    """A session a request."""
    async with new_session() as opened:
        yield opened


Session = Annotated[AsyncSession, Depends(session)]
app = FastAPI(lifespan=lifespan)


@app.get("/health/ready")
async def ready() -> dict[str, str]:
    """Whether it serves."""
    return {"status": "ready"}


@app.post("/api/v1/items", status_code=201, response_model=Item)
async def create_item(draft: ItemIn, db: Session) -> ItemRow:
    """Keep a new item."""
    now = datetime.now(UTC)
    row = ItemRow(id=str(uuid.uuid4()), created_at=now, updated_at=now, **draft.model_dump())
    db.add(row)
    await db.commit()
    return row


@app.get("/api/v1/items/{item_id}", response_model=Item)
async def read_item(item_id: str, db: Session) -> ItemRow:
    """One item."""
    row = await db.get(ItemRow, item_id)
    if row is None:
        raise HTTPException(status_code=404, detail="Resource not found")
    return row


@app.get("/api/v1/items", response_model=ItemList)
async def list_items(
    db: Session,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0)] = 0,
    created_since: datetime | None = None,
) -> dict[str, object]:
    """A page of items."""
    query, count = select(ItemRow), select(func.count()).select_from(ItemRow)
    if created_since is not None:
        query = query.where(ItemRow.created_at >= created_since)
        count = count.where(ItemRow.created_at >= created_since)
    ordered = query.order_by(ItemRow.created_at, ItemRow.id)
    rows = (await db.scalars(ordered.limit(limit).offset(offset))).all()
    total = await db.scalar(count)
    return {"items": rows, "total": total, "limit": limit, "offset": offset}
