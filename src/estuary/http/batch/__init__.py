"""`POST /api/v1/batch`: its body, its handler, its answer."""
