"""Task lists in descriptions: counted, and compared."""

import re
from dataclasses import dataclass

_TASK = re.compile(
    r"^[ \t]*(?:>[ \t]*)*(?:[-+*]|\d+[.)])[ \t]+\[(?P<box>[ xX~])\][ \t]+(?P<words>[^\n]+)", re.MULTILINE
)
_CODE = re.compile(r"^(?P<fence>`{3,}|~{3,}).*?(?:^(?P=fence)[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ESCAPED = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>=\"'~:&@])")


@dataclass(frozen=True, slots=True)
class Task:
    """One checklist item."""

    text: str
    is_done: bool


def parse_tasks(description: str) -> list[Task]:
    """Return the checklist items of *description*; those in code and comments are none."""
    if "[" not in description:
        return []
    text = _COMMENT.sub("", _CODE.sub("", description))
    return [Task(match["words"].strip(), match["box"] in "xX") for match in _TASK.finditer(text)]


def toggled_tasks(before: str, after: str) -> list[Task]:
    """Return the items of *after* whose box differs from the item of the same words in *before*."""
    old = {task.text: task.is_done for task in parse_tasks(before)}
    return [task for task in parse_tasks(after) if task.text in old and old[task.text] is not task.is_done]


def task_note(task: Task) -> str:
    """Return the body of the system note for a box that was ticked or cleared, Markdown escaped."""
    words = _ESCAPED.sub(r"\\\1", task.text)
    return f"marked the checklist item **{words}** as {'completed' if task.is_done else 'incomplete'}"
