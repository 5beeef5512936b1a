"""Batches: several writes that a client asks for together."""
