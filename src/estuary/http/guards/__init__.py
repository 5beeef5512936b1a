"""The stages a request passes before its handler; one behaviour a file."""
