"""Renders results as text, JSON, Markdown or JUnit; decides nothing and reads nothing.

One module per report (``plan``, ``apply``, ``status``, ``stale`` …) builds the data and renders it. ``forms`` chooses
the format, ``terminal`` and ``json_text`` hold what reports share. Modules ending in ``_rows``, ``_text``,
``_json`` and ``_markdown`` are parts of a larger report.
"""
