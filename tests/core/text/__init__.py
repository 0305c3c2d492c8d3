"""Text: escaping and reading it."""
