"""Records in Convex, over its documented HTTP API; the functions that run inside it are in `convex/`."""
