"""Renderings of one data set: text, Markdown, JSON."""
