"""Faults: rules that make chosen requests fail, and what they do to a response."""
