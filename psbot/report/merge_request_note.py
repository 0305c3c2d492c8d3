"""The plan as a note on a merge request: what each changed file will do, what it costs, and what it does not do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from psbot.core.model.process import Limits
from psbot.core.text.escape import inert
from psbot.errors import PsbotError
from psbot.merge_request.changed_files import Passage
from psbot.report import plan_markdown as markdown
from psbot.report.plan_rows import Planned

LONGEST = 900_000  # characters; GitLab takes 1,000,000 in a note
_MOST_PROBLEMS = 20  # of one file


@dataclass(frozen=True, slots=True)
class Note:
    """What the note is made of: plans, files that have none and why, files that go, and what to know besides."""

    planned: Sequence[Planned]
    failures: Sequence[tuple[str, PsbotError]] = ()
    passages: Sequence[Passage] = ()
    remarks: Sequence[str] = ()
    commit: str = ""

    @property
    def is_news(self) -> bool:
        """Tell whether there is anything to say."""
        return bool(self.planned or self.failures or self.passages)


def text(note: Note, limits: Limits) -> str:
    """Return the note as Markdown; everything from files and GitLab is inert."""
    parts = [f"## What psbot will do when this is merged{_at(note.commit)}", ""]
    parts += [line for each in note.remarks for line in (f"> {inert(each)}", "")]
    if not note.is_news:
        parts.append("This merge request changes no engagement file.")
    for file, error in note.failures:
        parts += [f"### {inert(file)} has no plan", "", *_problems(error), ""]
    parts += [f"- {each}" for each in map(_passage, note.passages)]
    if note.passages:
        parts.append("")
    return _cut(parts, note.planned, limits)


def _at(commit: str) -> str:
    return f" (`{commit[:8]}`)" if commit.isalnum() else ""


def _problems(error: PsbotError) -> Iterator[str]:
    lines = str(error).splitlines()
    yield from (f"- {inert(line)}" for line in lines[:_MOST_PROBLEMS])
    if len(lines) > _MOST_PROBLEMS:
        yield f"- and {len(lines) - _MOST_PROBLEMS} more"


def _passage(passage: Passage) -> str:
    key = f"the engagement {inert(passage.key)}" if passage.key else "its engagement"
    before = inert(passage.before)
    if passage.after is None:
        return (
            f"**{before} goes away.** Nothing in GitLab is closed or deleted by that: psbot only stops looking "
            f"after {key}. To end an engagement, end it in GitLab first."
        )
    if passage.new_key == passage.key:
        return f"**{before} is now {inert(passage.after)}.** The key is the same, so nothing in GitLab changes by that."
    return (
        f"**{inert(passage.after)} has another key:** {inert(passage.new_key or '')} instead of {key}. To psbot that "
        "is another engagement, with an epic of its own; what GitLab has of the first one stays, and nobody looks "
        "after it. A key is permanent: change it back if that is not meant."
    )


def _cut(parts: list[str], planned: Sequence[Planned], limits: Limits) -> str:
    """Return the whole note, the plans at its end left out as far as GitLab would not take them."""
    head = "\n".join(parts)
    if not planned:
        return head
    shown = list(planned)
    while len(said := head + "\n" + markdown.plans(shown, limits)) > LONGEST and len(shown) > 1:
        shown = shown[: len(shown) // 2]
    if left := len(planned) - len(shown):
        said += f"\n{left} more plans do not fit here; they are in the job's artifact.\n"
    return said[:LONGEST]
