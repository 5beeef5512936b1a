"""Resource to SQLAlchemy Core tables, and tables to statements compiled once."""
