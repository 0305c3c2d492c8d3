"""Merge request."""
