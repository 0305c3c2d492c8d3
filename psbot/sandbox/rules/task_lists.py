"""Task lists in descriptions: parsed, and compared before and after an edit."""

import re
from dataclasses import dataclass

_TASK = re.compile(
    r"^[ \t]*(?:>[ \t]*)*(?:[-+*]|\d+[.)])[ \t]+\[(?P<box>[ xX~])\][ \t]+(?P<text>[^\n]+)", re.MULTILINE
)
_CODE = re.compile(r"^(?P<fence>`{3,}|~{3,}).*?(?:^(?P=fence)[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ESCAPED = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>=\"'~:&@])")


@dataclass(frozen=True, slots=True)
class Task:
    """One task list item."""

    text: str
    is_done: bool


def parse_tasks(description: str) -> list[Task]:
    """Return the task list items of *description*, except those in code and comments."""
    if "[" not in description:
        return []
    text = _COMMENT.sub("", _CODE.sub("", description))
    return [Task(match["text"].strip(), match["box"] in "xX") for match in _TASK.finditer(text)]


def toggled_tasks(before: str, after: str) -> list[Task]:
    """Return the items of *after* whose checkbox differs from the item with the same text in *before*."""
    was_done = {task.text: task.is_done for task in parse_tasks(before)}
    return [
        task
        for task in parse_tasks(after)
        if task.text in was_done and was_done[task.text] is not task.is_done
    ]


def task_note(task: Task) -> str:
    """Return the body of the system note for a changed checkbox, with Markdown escaped."""
    text = _ESCAPED.sub(r"\\\1", task.text)
    return f"marked the checklist item **{text}** as {'completed' if task.is_done else 'incomplete'}"
