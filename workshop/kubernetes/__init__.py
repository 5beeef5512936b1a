"""Manifests that are made from others: `python -m workshop.kubernetes` writes them again."""
