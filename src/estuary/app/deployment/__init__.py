"""Gathers facts about a deployment: concurrently, each with a deadline."""
