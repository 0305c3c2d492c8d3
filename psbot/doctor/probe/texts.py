"""What psbot expects of GitLab where it creates labels and writes descriptions, titles and notes."""

from psbot.core.text.escape import escape_markdown
from psbot.core.text.marker import parse_marker
from psbot.doctor.probe import items
from psbot.doctor.probe.expectation import Expectation, Verdict
from psbot.doctor.probe.observed import NotObserved, Observed


def _labels_created(observed: Observed) -> Verdict:
    missing = [title for title in observed.labels.titles if title not in observed.label_gids]
    return Verdict.of(
        not missing, f"{len(observed.label_gids)} of {len(observed.labels.titles)} labels listed"
    )


def _taken_label(observed: Observed) -> Verdict:
    refusal = observed.refusal("label again")
    return Verdict.of(refusal is not None, f"refused: {refusal}" if refusal else "a second label was created")


def _items_created(observed: Observed) -> Verdict:
    tried = {name: each for name, each in observed.written.items() if name.startswith("create ")}
    refused = [f"{name}: {each.refusal}" for name, each in tried.items() if each.refusal]
    return Verdict.of(not refused, "; ".join(refused) or f"{len(tried)} created, none refused")


def _marker_kept(observed: Observed) -> Verdict:
    keys = [key for key in observed.before if key != "marker-below"]
    if not keys:
        raise NotObserved("no item was read")
    lost = [key for key in keys if parse_marker(observed.before[key].description) != observed.marker(key)]
    return Verdict.of(not lost, f"lost in {', '.join(lost)}" if lost else f"kept in {len(keys)} items")


def _marker_below(observed: Observed) -> Verdict:
    lines = observed.created("marker-below").description.splitlines()
    is_met = str(observed.marker("marker-below")) in lines
    return Verdict.of(is_met, "on its own line" if is_met else "not found")


def _texts_kept(observed: Observed) -> Verdict:
    keys = [key for key in observed.before if key.startswith("kind/")]
    if not keys:
        raise NotObserved("no item of these kinds was read")
    differing = [key.removeprefix("kind/") for key in keys if not _same_text(observed, key)]
    return Verdict.of(
        not differing,
        f"different: {', '.join(differing)}" if differing else f"{len(keys)} descriptions unchanged",
    )


def _untrimmed(observed: Observed) -> Verdict:
    after = observed.created("untrimmed").description
    return Verdict.of(
        _same_text(observed, "untrimmed"),
        f"{'without' if chr(13) not in after else 'with'} carriage returns, "
        f"{'without' if after == after.rstrip() else 'with'} white space at the end",
    )


def _same_text(observed: Observed, key: str) -> bool:
    """Tell whether a description came back below its marker, apart from white space."""
    wanted = observed.sent[key].description.partition("-->")[2]
    seen = observed.created(key).description
    return (seen.partition("-->")[2] if seen.startswith("<!-- psbot:") else seen).split() == wanted.split()


def _quick_action(observed: Observed) -> Verdict:
    item = observed.created("quick-action")
    is_kept = escape_markdown(items.BAIT) in item.description
    return Verdict.of(
        item.is_open and is_kept,
        f"the issue is {'open' if item.is_open else 'closed'}; the line is {'still there' if is_kept else 'gone'}",
    )


def _quick_action_in_note(observed: Observed) -> Verdict:
    item = observed.item("note-bait")
    refusal = observed.refusal("note on note-bait")
    is_met = item.is_open and refusal is None
    return Verdict.of(
        is_met,
        f"the issue is {'open' if item.is_open else 'closed'}"
        + (f"; the note: {refusal}" if refusal else ""),
    )


def _escaped_reference(observed: Observed) -> Verdict:
    observed.done("update escaping")
    mentions = sum(note.is_mention for note in observed.history("escaped").notes or ())
    return Verdict.of(mentions == 0, f"{mentions} notes about a mention")


def _long_title(observed: Observed) -> Verdict:
    title = observed.created("long-title").title
    return Verdict.of(title == items.LONG_TITLE, f"{len(title)} characters")


def _edited_note(observed: Observed) -> Verdict:
    refusal = observed.refusal("edit note on commented")
    if refusal is not None:
        return Verdict.of(False, f"refused: {refusal}")
    bodies = [comment.body.strip() for comment in observed.comments_on("commented")]
    is_met = bodies == [items.EDITED_NOTE]
    return Verdict.of(
        is_met, "one note with the new text" if is_met else f"{len(bodies)} notes, not as edited"
    )


TEXTS = (
    Expectation(
        "group-labels-are-created",
        "A label that is created in a group is in the list of its labels at once.",
        "app/graphql/mutations/labels/create.rb@014b8327, app/services/labels/create_service.rb@4555e1b2",
        "creates labels and lists them",
        _labels_created,
    ),
    Expectation(
        "taken-label-titles-are-refused",
        "A label with a title that the group already has is refused.",
        "app/models/label.rb (uniqueness of the title in its group), labels/create_service.rb@4555e1b2",
        "creates a label a second time",
        _taken_label,
    ),
    Expectation(
        "items-of-every-kind-are-created",
        "One request creates up to 15 work items, with labels, parent, dates and assignee.",
        "app/graphql/mutations/work_items/create.rb@41946e65 (19.2), schema 18.7",
        "creates an issue of every kind that psbot makes",
        _items_created,
    ),
    Expectation(
        "marker-comments-are-kept",
        "An HTML comment in the first line of a description comes back as it was written.",
        "lib/banzai/filter/normalize_source_filter.rb@7e9c479f; app/assets/javascripts/content_editor/extensions/"
        "html_comment.js@7e8b0612",
        "reads the descriptions of all created items",
        _marker_kept,
    ),
    Expectation(
        "comments-below-text-are-kept",
        "An HTML comment on a line of its own below other text comes back as it was written.",
        "lib/banzai/filter/normalize_source_filter.rb@7e9c479f; app/assets/javascripts/content_editor/extensions/"
        "html_comment.js@7e8b0612",
        "creates an item with text above its marker",
        _marker_below,
    ),
    Expectation(
        "descriptions-come-back-word-for-word",
        "The descriptions of all kinds come back word for word.",
        "lib/gitlab/quick_actions/extractor.rb@7e202c4f",
        "reads the items of every kind",
        _texts_kept,
    ),
    Expectation(
        "only-white-space-of-descriptions-changes",
        "Of a description GitLab removes carriage returns and white space at the end, and nothing else.",
        "lib/gitlab/quick_actions/extractor.rb@7e202c4f",
        "creates an item with carriage returns and trailing blanks",
        _untrimmed,
    ),
    Expectation(
        "escaped-quick-actions-in-descriptions-do-not-run",
        "A quick action that psbot has escaped stays text in a description.",
        "lib/banzai/filter/quick_action_filter.rb@9fdf1ba4, lib/gitlab/quick_actions/extractor.rb@7e202c4f",
        "creates an item with an escaped /close",
        _quick_action,
    ),
    Expectation(
        "escaped-quick-actions-in-notes-do-not-run",
        "A quick action that psbot has escaped stays text in a note.",
        "app/services/notes/create_service.rb, lib/gitlab/quick_actions/extractor.rb@7e202c4f",
        "posts a note with an escaped /close",
        _quick_action_in_note,
    ),
    Expectation(
        "escaped-references-are-no-mentions",
        "A reference that psbot has escaped does not mention the other item.",
        "lib/banzai/filter/escaped_char_filter.rb@6e7061f5, lib/banzai/filter/markdown_engines/"
        "glfm_markdown.rb@41946e65 (19.2)",
        "changes a description to an escaped reference to another issue",
        _escaped_reference,
    ),
    Expectation(
        "titles-of-255-characters-are-kept",
        "A title has up to 255 characters.",
        "app/models/concerns/issuable.rb@e87cdb41",
        "creates an item with a title of 255 characters",
        _long_title,
    ),
    Expectation(
        "own-notes-can-be-edited",
        "The account that posted a note can edit it.",
        "app/services/notes/update_service.rb@1889ea9e",
        "posts a note and edits it",
        _edited_note,
    ),
)
