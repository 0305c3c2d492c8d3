"""The plan as a note on a merge request: what each changed file will do, what it costs, and what it does not do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from psbot.core.model.process import Limits
from psbot.core.text.escape import escape_markdown
from psbot.errors import PsbotError
from psbot.merge_request.changed_files import RetiredFile
from psbot.report import plan_markdown
from psbot.report.plan_rows import FilePlan

MAX_LENGTH = 900_000  # characters; GitLab takes 1,000,000 in a note
_MAX_PROBLEMS = 20  # of one file


@dataclass(frozen=True, slots=True)
class PlanNote:
    """What the note is made of: plans, files that have none and why, files that go, and what to know besides."""

    planned: Sequence[FilePlan]
    failures: Sequence[tuple[str, PsbotError]] = ()
    retired_files: Sequence[RetiredFile] = ()
    messages: Sequence[str] = ()
    commit: str = ""

    @property
    def has_content(self) -> bool:
        """Tell whether there is anything to say."""
        return bool(self.planned or self.failures or self.retired_files)


def note_text(note: PlanNote, limits: Limits) -> str:
    """Return the note as Markdown; everything from files and GitLab is inert."""
    parts = [f"## What psbot will do when this is merged{_commit_suffix(note.commit)}", ""]
    parts += [line for each in note.messages for line in (f"> {escape_markdown(each)}", "")]
    if not note.has_content:
        parts.append("This merge request changes no engagement file.")
    for file, error in note.failures:
        parts += [f"### {escape_markdown(file)} has no plan", "", *_problem_lines(error), ""]
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


def _retired_file_line(passage: RetiredFile) -> str:
    key = f"the engagement {escape_markdown(passage.key)}" if passage.key else "its engagement"
    before = escape_markdown(passage.before)
    if passage.after is None:
        return (
            f"**{before} goes away.** Nothing in GitLab is closed or deleted by that: psbot only stops looking "
            f"after {key}. To end an engagement, end it in GitLab first."
        )
    if passage.new_key == passage.key:
        return (
            f"**{before} is now {escape_markdown(passage.after)}.** The key is the same, so nothing in GitLab "
            "changes by that."
        )
    return (
        f"**{escape_markdown(passage.after)} has another key:** {escape_markdown(passage.new_key or '')} instead "
        f"of {key}. To psbot that "
        "is another engagement, with an epic of its own; what GitLab has of the first one stays, and nobody looks "
        "after it. A key is permanent: change it back if that is not meant."
    )


def _within_limit(parts: list[str], planned: Sequence[FilePlan], limits: Limits) -> str:
    """Return the whole note, the plans at its end left out as far as GitLab would not take them."""
    head = "\n".join(parts)
    if not planned:
        return head
    shown = list(planned)
    while (
        len(said := head + "\n" + plan_markdown.plans_markdown(shown, limits)) > MAX_LENGTH and len(shown) > 1
    ):
        shown = shown[: len(shown) // 2]
    if left := len(planned) - len(shown):
        said += f"\n{left} more plans do not fit here; they are in the job's artifact.\n"
    return said[:MAX_LENGTH]
