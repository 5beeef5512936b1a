"""Estuary: a production-grade REST API over declared resources."""

__version__ = "0.1.0"
