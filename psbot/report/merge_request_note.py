"""Renders the plan note of a merge request: what each changed file does in GitLab, and at what cost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from psbot.core.model.process import Limits
from psbot.core.text.escape import escape_markdown
from psbot.core.text.quantity import quantity
from psbot.errors import PsbotError
from psbot.merge_request.changed_files import RetiredFile
from psbot.report.plan_markdown import plans_markdown
from psbot.report.plan_rows import FilePlan

MAX_LENGTH = 900_000  # characters; GitLab allows 1,000,000 in a note
_MAX_PROBLEMS = 20  # of one file


@dataclass(frozen=True, slots=True)
class PlanNote:
    """The content of the note: plans, files without a plan and why, deleted or renamed files, and messages."""

    planned: Sequence[FilePlan]
    failures: Sequence[tuple[str, PsbotError]] = ()
    retired_files: Sequence[RetiredFile] = ()
    messages: Sequence[str] = ()
    commit: str = ""

    @property
    def has_content(self) -> bool:
        """Tell whether the merge request changes any engagement."""
        return bool(self.planned or self.failures or self.retired_files)


def note_text(note: PlanNote, limits: Limits) -> str:
    """Return the note as Markdown; text from files and GitLab is escaped."""
    parts = [f"## What psbot does when this is merged{_commit_suffix(note.commit)}", ""]
    parts += [line for each in note.messages for line in (f"> {escape_markdown(each)}", "")]
    if not note.has_content:
        parts.append("This merge request changes no engagement file.")
    for file, error in note.failures:
        parts += [f"### No plan for {escape_markdown(file)}", "", *_problem_lines(error), ""]
    parts += [f"- {each}" for each in map(_retired_file_line, note.retired_files)]
    if note.retired_files:
        parts.append("")
    return _within_limit(parts, note.planned, limits)


def _commit_suffix(commit: str) -> str:
    return f" (`{commit[:8]}`)" if commit.isalnum() else ""


def _problem_lines(error: PsbotError) -> Iterator[str]:
    lines = str(error).splitlines()
    yield from (f"- {escape_markdown(line)}" for line in lines[:_MAX_PROBLEMS])
    if len(lines) > _MAX_PROBLEMS:
        yield f"- and {len(lines) - _MAX_PROBLEMS} more"


def _retired_file_line(retired: RetiredFile) -> str:
    key = f"the engagement {escape_markdown(retired.key)}" if retired.key else "its engagement"
    before = escape_markdown(retired.before)
    if retired.after is None:
        return (
            f"**{before} is deleted.** Nothing in GitLab is closed or deleted: psbot only stops managing {key}. "
            "To end an engagement, end it in GitLab first."
        )
    if retired.new_key == retired.key:
        return (
            f"**{before} is renamed to {escape_markdown(retired.after)}.** The key is unchanged, so nothing changes "
            "in GitLab."
        )
    return (
        f"**{escape_markdown(retired.after)} has a different key:** {escape_markdown(retired.new_key or '')} "
        f"instead of {key}. psbot treats it as a new engagement with its own epic. The existing items stay in "
        "GitLab, but psbot no longer manages them. Keys are permanent: change it back unless this is intended."
    )


def _within_limit(parts: list[str], planned: Sequence[FilePlan], limits: Limits) -> str:
    """Return the whole note, without the last plans where GitLab would reject its length."""
    head = "\n".join(parts)
    if not planned:
        return head
    shown = list(planned)
    while len(note := head + "\n" + plans_markdown(shown, limits)) > MAX_LENGTH and len(shown) > 1:
        shown = shown[: len(shown) // 2]
    if left := len(planned) - len(shown):
        note += f"\n{quantity(left, 'more plan')} omitted because of the length; see the job's artifact.\n"
    return note[:MAX_LENGTH]
