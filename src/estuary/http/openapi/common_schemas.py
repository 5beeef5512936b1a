"""Schemas of what does not depend on the resources: errors, health and probes."""

from estuary.http.openapi.schemas import TIME, Schema

ANY_OBJECT: Schema = {"type": "object", "additionalProperties": True}
"""Explicit, for generators take an object schema without it for an empty object."""

OPERATION: Schema = {
    "type": "integer",
    "minimum": 0,
    "description": "Of a batch: the place of the operation that cannot be made, counted from 0.",
}
VIOLATION: Schema = {
    "type": "object",
    "description": "A rule that a field breaks.",
    "required": ["field", "message", "code"],
    "properties": {name: {"type": "string"} for name in ("field", "message", "code")},
}
ERROR: Schema = {
    "type": "object",
    "description": "Every error, whatever its status.",
    "required": ["error", "message", "timestamp", "request_id"],
    "properties": {
        "error": {"type": "string", "description": "A stable code.", "examples": ["NOT_FOUND"]},
        "message": {"type": "string", "description": "A sentence for people."},
        "details": {
            "type": "object",
            "properties": {
                "validation_errors": {"type": "array", "items": {"$ref": "#/components/schemas/Violation"}},
                "context": ANY_OBJECT,
                "operation": OPERATION,
            },
        },
        "timestamp": TIME,
        "request_id": {"type": "string"},
    },
}
PROBLEM: Schema = {
    "type": "object",
    "description": "The same error as RFC 9457 problem details.",
    "required": ["type", "title", "status", "detail", "code", "timestamp", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "timestamp": TIME,
        "request_id": {"type": "string"},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Violation"}},
        "context": ANY_OBJECT,
        "operation": OPERATION,
    },
}
HEALTH: Schema = {
    "type": "object",
    "description": "Where metrics have a port or a token of their own, the details are shown there alone.",
    "required": ["status", "timestamp"],
    "properties": {
        "status": {"type": "string", "enum": ["healthy", "degraded", "unhealthy"]},
        "timestamp": TIME,
        "uptime_seconds": {"type": "integer", "minimum": 0},
        "version": {"type": "string"},
        "database": {
            "type": "object",
            "required": ["connected", "response_time_ms"],
            "properties": {
                "connected": {"type": "boolean"},
                "response_time_ms": {"type": ["number", "null"]},
            },
        },
        "system": {
            "type": "object",
            "required": ["memory_used_mb", "memory_total_mb", "memory_usage_percent", "cpu_count"],
            "properties": {
                "memory_used_mb": {"type": "number"},
                "memory_total_mb": {"type": "number"},
                "memory_usage_percent": {"type": "number"},
                "cpu_count": {"type": "integer"},
            },
        },
    },
}
PROBE: Schema = {
    "type": "object",
    "required": ["status", "timestamp"],
    "properties": {
        "status": {"type": "string", "enum": ["alive", "ready", "not_ready"]},
        "timestamp": TIME,
        "reason": {"type": "string"},
    },
}
