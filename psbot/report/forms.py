"""Prints a report as text, JSON or Markdown: the one place that chooses between the three."""

from collections.abc import Callable

from psbot.report.json_text import to_json


def render(
    form: str, *, text: Callable[[], str], json: Callable[[], object], markdown: Callable[[], str]
) -> str:
    """Return the report as *form*: ``text``, ``json`` or ``markdown``; only that one is built.

    *json* gives the data; a *text* that needs rich imports it inside, because rich is slow to import.
    """
    match form:
        case "json":
            return to_json(json())
        case "markdown":
            return markdown()
        case _:
            return text()
