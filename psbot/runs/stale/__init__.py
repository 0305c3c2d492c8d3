"""Stale."""
