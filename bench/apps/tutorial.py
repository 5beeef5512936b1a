"""The same service with FastAPI as its tutorials write it: the yardstick for what Estuary saves.

Same features as the Estuary beside it: request ids, security headers, CORS, a rate limit per client,
Prometheus metrics, one JSON line a request, validated models, an in-memory store. Written the usual way
(functions under `@app.middleware("http")`, Pydantic models, stdlib logging), without anything to slow it.
"""

import json
import logging
import sys
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import psutil
from fastapi import FastAPI, HTTPException, Query, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from prometheus_client import Counter, Histogram, make_asgi_app
from pydantic import BaseModel, ConfigDict, Field

RATE_LIMIT, RATE_WINDOW_SECONDS = 1_000_000_000, 60
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-XSS-Protection": "0",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), camera=()",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'self'",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
}
REQUESTS = Counter("http_requests", "Requests.", ["method", "endpoint", "status"])
DURATION = Histogram("http_request_duration_seconds", "Durations.", ["method", "endpoint", "status"])

Next = Callable[[Request], Awaitable[Response]]


class ItemIn(BaseModel):
    """What a client sends to create an item."""

    model_config = ConfigDict(str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=255)
    description: str | None = Field(default=None, max_length=1000)


class Item(ItemIn):
    """An item as it is kept and shown."""

    id: str
    created_at: datetime
    updated_at: datetime


class ItemList(BaseModel):
    """A page of items."""

    items: list[Item]
    total: int
    limit: int
    offset: int


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record and its `request` extra as JSON."""
        line = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "target": record.name,
            "message": record.getMessage(),
            **getattr(record, "request", {}),
        }
        return json.dumps(line)


def _logger() -> logging.Logger:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("tutorial")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    return logger


log = _logger()
items: dict[str, Item] = {}
windows: dict[str, tuple[int, int]] = {}
started = time.monotonic()

app = FastAPI()
app.mount("/metrics", make_asgi_app())


@app.middleware("http")
async def limit_rate(request: Request, call_next: Next) -> Response:
    """Count the client's requests in the current window."""
    client = request.client.host if request.client else "unknown"
    now = int(time.time())
    window = now // RATE_WINDOW_SECONDS
    counted_in, count = windows.get(client, (window, 0))
    count = count + 1 if counted_in == window else 1
    windows[client] = (window, count)
    reset = RATE_WINDOW_SECONDS - now % RATE_WINDOW_SECONDS
    if count > RATE_LIMIT:
        return JSONResponse({"error": "RATE_LIMIT_EXCEEDED"}, 429, {"Retry-After": str(reset)})
    response = await call_next(request)
    response.headers["X-RateLimit-Limit"] = str(RATE_LIMIT)
    response.headers["X-RateLimit-Remaining"] = str(RATE_LIMIT - count)
    response.headers["X-RateLimit-Reset"] = str(reset)
    return response


@app.middleware("http")
async def add_security_headers(request: Request, call_next: Next) -> Response:
    """Add the constant headers to every answer."""
    response = await call_next(request)
    for name, value in SECURITY_HEADERS.items():
        response.headers[name] = value
    return response


@app.middleware("http")
async def observe(request: Request, call_next: Next) -> Response:
    """Give the request an id, count and time it, and log it."""
    request_id = request.headers.get("X-Request-Id") or str(uuid.uuid4())
    begun = time.perf_counter()
    response = await call_next(request)
    duration = time.perf_counter() - begun
    route = request.scope.get("route")
    endpoint = getattr(route, "path", "unknown")
    labels = (request.method, endpoint, str(response.status_code))
    REQUESTS.labels(*labels).inc()
    DURATION.labels(*labels).observe(duration)
    response.headers["X-Request-Id"] = request_id
    line = {
        "request_id": request_id,
        "method": request.method,
        "endpoint": endpoint,
        "path": request.url.path,
        "status": response.status_code,
        "duration_ms": round(duration * 1000, 3),
        "client": request.client.host if request.client else None,
    }
    log.info("request served", extra={"request": line})
    return response


app.add_middleware(CORSMiddleware, allow_origins=["https://app.example.com"], allow_methods=["*"])


@app.get("/health")
async def health() -> dict[str, object]:
    """How the service and its machine are doing."""
    memory = psutil.virtual_memory()
    return {
        "status": "healthy",
        "timestamp": datetime.now(UTC),
        "uptime_seconds": int(time.monotonic() - started),
        "version": "1.0.0",
        "database": {"connected": True, "response_time_ms": None},
        "system": {
            "memory_used_mb": memory.used / 2**20,
            "memory_total_mb": memory.total / 2**20,
            "memory_usage_percent": memory.percent,
            "cpu_count": psutil.cpu_count(),
        },
    }


@app.get("/health/ready")
async def ready() -> dict[str, object]:
    """Whether requests may come."""
    return {"status": "ready", "timestamp": datetime.now(UTC)}


@app.get("/api/v1/items")
async def list_items(limit: int = Query(20, ge=1, le=100), offset: int = Query(0, ge=0)) -> ItemList:
    """A page of items in the order of their creation."""
    page = list(items.values())[offset : offset + limit]
    return ItemList(items=page, total=len(items), limit=limit, offset=offset)


@app.post("/api/v1/items", status_code=201)
async def create_item(draft: ItemIn, response: Response) -> Item:
    """Keep a new item."""
    now = datetime.now(UTC)
    item = Item(id=str(uuid.uuid4()), created_at=now, updated_at=now, **draft.model_dump())
    items[item.id] = item
    response.headers["Location"] = f"/api/v1/items/{item.id}"
    return item


@app.get("/api/v1/items/{item_id}")
async def read_item(item_id: str) -> Item:
    """One item."""
    if item_id not in items:
        raise HTTPException(404, "Resource not found")
    return items[item_id]
