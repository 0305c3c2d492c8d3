"""Writes to GitLab through GraphQL: one mutation for each kind of write, with an alias for each item."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from psbot.core.model.labels import LabelSpec
from psbot.errors import GitLabError
from psbot.gitlab import mutations
from psbot.gitlab.account_reader import fetch_archived_labels
from psbot.gitlab.connection import Connection
from psbot.gitlab.creation_pace import CreationPace
from psbot.gitlab.node import is_gid
from psbot.gitlab.ports import RateLimited, Unclear
from psbot.gitlab.transport_errors import RATE_LIMIT_MESSAGE, SERVER_ERROR
from psbot.gitlab.values import Dates, ItemUpdate, NewItem, NewNote, NoteEdit, WriteResult

_DEFAULT_PAUSE = 10.0
# GitLab's messages for what it refuses before it begins (hidden or forbidden items, spam, maintenance mode, arguments
# that it does not take): nothing was written. GitLab, app/graphql/mutations/base_mutation.rb@41946e65 and
# concerns/mutations/work_items/widgetable.rb@425a28df; types/work_items/linked_items_create_input_type.rb@7efd8d65;
# ee/app/graphql/ee/mutations/work_items/create.rb@0a896381; authz/granular_scope_authorization.rb@c7cbbd64.
_REFUSAL_MESSAGES = (
    "you don't have permission to perform this action",
    "Request denied. ",
    "cannot perform write operations on a read-only instance",
    "Following widget keys are not supported by ",
    "No more than ",
    "is not available for the given group",
    "No object found for ",
    "is not a valid ID for ",
    "does not represent an instance of ",
    "Insufficient permissions",
    "organization is in read-only mode",
)
# Parts of an input that GitLab carries out before it validates the rest (state and labels of an update: GitLab,
# app/services/issuable_base_service.rb@001f8107), or after it has saved the item (links of a new item: GitLab,
# app/services/work_items/callbacks/linked_items.rb@4dbbab7b). A refusal of the rest does not take them back.
_CARRIED_OUT_APART = ("stateEvent", "labelsWidget", "linkedItemsWidget")
_STILL_CLOSED = (
    "GitLab left the item closed without a reason; if its discussion is locked, unlock it to reopen"
)
_STILL_OPEN = "GitLab left the item open without a reason"
_NUMBER = re.compile(r"[0-9]{1,18}")

Input = Mapping[str, object]


_TAKEN = "already been taken"
_ARCHIVED = "{} exists but is archived; unarchive it on the page Labels of {} or of a group above it"


class GitLabWriter:
    """The ``Writer`` of one GitLab."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._creation_pace = CreationPace(connection.wait_budget)
        self._posted_counts: list[int] = []  # a list, because several threads write

    @property
    def posted_notes(self) -> int:
        """Return how many notes were posted so far."""
        return sum(self._posted_counts)

    def create_labels(self, group: str, specs: Sequence[LabelSpec]) -> Sequence[WriteResult]:
        """Create labels in *group*."""
        inputs = [
            {
                "groupPath": group,
                "title": spec.title,
                "color": spec.color,
                "description": spec.description,
            }
            for spec in specs
        ]
        written = self._write(mutations.create_labels(len(inputs)), inputs, "label")
        if not any(each.refusal and _TAKEN in each.refusal for each in written):
            return written
        archived = self._archived_labels(group)
        return [
            replace(each, refusal=_ARCHIVED.format(spec.title, group))
            if each.refusal and spec.title in archived
            else each
            for spec, each in zip(specs, written, strict=True)
        ]

    def _archived_labels(self, group: str) -> frozenset[str]:
        """Return the titles of the archived labels, none where GitLab does not answer."""
        try:
            return fetch_archived_labels(self._connection, group)
        except GitLabError:
            return frozenset()

    def create_items(self, items: Sequence[NewItem]) -> Sequence[WriteResult]:
        """Create work items, no faster than GitLab may allow."""
        self._creation_pace.wait_for(items)
        inputs = list(map(_creation_input, items))
        try:
            return self._write(mutations.create_items(len(inputs)), inputs, "workItem")
        except RateLimited as error:
            raise RateLimited(f"{error.message} while items were created", error.seconds) from None
        except Unclear as error:
            if error.message != SERVER_ERROR:
                raise
            raise Unclear(
                f"{error.message}; GitLab before 19 says so at its limit on creating issues"
            ) from None

    def update_items(self, updates: Sequence[ItemUpdate]) -> Sequence[WriteResult]:
        """Update work items."""
        inputs = [dict(_update_input(update)) for update in updates]
        return self._write(mutations.update_items(len(inputs)), inputs, "workItem")

    def create_notes(self, notes: Sequence[NewNote]) -> Sequence[WriteResult]:
        """Post notes."""
        inputs = [
            {"noteableId": note.item_gid, "body": note.body, "internal": note.internal} for note in notes
        ]
        written = self._write(mutations.create_notes(len(inputs)), inputs, "note")
        self._posted_counts.append(sum(each.gid is not None for each in written))
        return written

    def update_notes(self, edits: Sequence[NoteEdit]) -> Sequence[WriteResult]:
        """Edit notes."""
        inputs = [{"id": edit.gid, "body": edit.body} for edit in edits]
        return self._write(mutations.update_notes(len(inputs)), inputs, "note")

    def delete_items(self, gids: Sequence[str]) -> Sequence[WriteResult]:
        """Delete work items, with their notes; the results name the namespace that each was in."""
        inputs = [{"id": gid} for gid in gids]
        return self._write(mutations.delete_items(len(inputs)), inputs, "namespace")

    def _write(self, document: str, inputs: Sequence[Input], field: str) -> Sequence[WriteResult]:
        variables = {f"input{number}": each for number, each in enumerate(inputs)}
        answer = self._connection.write(document, variables)
        data = answer["data"]
        if not isinstance(data, dict):
            raise Unclear("GitLab answered without data")
        errors = _errors_by_alias(answer)
        try:
            written = [
                _parse_result(data, f"write{number}", field, errors, each)
                for number, each in enumerate(inputs)
            ]
        except RateLimited as error:
            raise RateLimited(self._connection.redact(error.message), error.seconds) from None
        return list(map(self._redacted, written))

    def _redacted(self, written: WriteResult) -> WriteResult:
        refusal = written.refusal
        return written if refusal is None else replace(written, refusal=self._connection.redact(refusal))


def _creation_input(item: NewItem) -> Input:
    widgets: dict[str, object] = {
        "descriptionWidget": {"description": item.description},
        "labelsWidget": {"labelIds": list(item.labels)},
    }
    if item.assignees:
        widgets["assigneesWidget"] = {"assigneeIds": list(item.assignees)}
    if item.start_on or item.due_on:
        widgets["startAndDueDateWidget"] = _date_input(Dates(item.start_on, item.due_on, item.is_epic))
    if item.parent:
        widgets["hierarchyWidget"] = {"parentId": item.parent}
    if item.related:
        widgets["linkedItemsWidget"] = {"linkType": "RELATED", "workItemsIds": list(item.related)}
    return {
        "namespacePath": item.namespace,
        "workItemTypeId": item.item_type_gid,
        "title": item.title,
        "confidential": item.confidential,
    } | widgets


def _update_input(update: ItemUpdate) -> Iterator[tuple[str, object]]:
    yield "id", update.gid
    if update.title is not None:
        yield "title", update.title
    if update.description is not None:
        yield "descriptionWidget", {"description": update.description}
    if update.dates is not None:
        yield "startAndDueDateWidget", _date_input(update.dates)
    if update.assignees is not None:
        yield "assigneesWidget", {"assigneeIds": list(update.assignees)}
    if labels := _label_input(update):
        yield "labelsWidget", labels
    if update.parent is not None:
        yield "hierarchyWidget", {"parentId": update.parent}
    if update.is_open is not None:
        yield "stateEvent", "REOPEN" if update.is_open else "CLOSE"


def _label_input(update: ItemUpdate) -> Input:
    delta = {"addLabelIds": list(update.add_labels), "removeLabelIds": list(update.remove_labels)}
    return {key: gids for key, gids in delta.items() if gids}


def _date_input(dates: Dates) -> Input:
    days: dict[str, object] = {
        "startDate": dates.start_on.isoformat() if dates.start_on else None,
        "dueDate": dates.due_on.isoformat() if dates.due_on else None,
    }
    return days | ({"isFixed": True} if dates.is_fixed else {})


def _errors_by_alias(answer: Mapping[str, object]) -> dict[str, str]:
    errors = answer.get("errors")
    found: dict[str, str] = {}
    for error in errors if isinstance(errors, list) else ():
        path = error.get("path") if isinstance(error, dict) else None
        if isinstance(path, list) and path:
            found[str(path[0])] = str(error.get("message", ""))
    return found


def _parse_result(
    data: Mapping[str, object], alias: str, field: str, reasons: Mapping[str, str], sent: Input
) -> WriteResult:
    """Return the result of one alias; an empty payload is clear only where GitLab gives a reason.

    What was *sent* decides whether GitLab may have carried out a part of what it refuses.
    """
    payload = data.get(alias)
    if not isinstance(payload, dict):
        return _missing_result(reasons.get(alias, "GitLab returned no result for this write"))
    errors = payload.get("errors")
    messages = [str(each) for each in errors] if isinstance(errors, list) else []
    if any(map(RATE_LIMIT_MESSAGE.search, messages)):
        raise RateLimited(messages[0], _DEFAULT_PAUSE)
    made = payload.get(field)
    if messages:
        return WriteResult(refusal="; ".join(messages), is_partial=_may_be_partial(field, sent))
    if not isinstance(made, dict) or not is_gid(made.get("id")):
        return _missing_result(reasons.get(alias, "GitLab returned neither an item nor an error"))
    iid, url = made.get("iid"), made.get("webUrl")
    return WriteResult(
        gid=made["id"],
        iid=int(iid) if isinstance(iid, str) and _NUMBER.fullmatch(iid) else None,
        url=url if isinstance(url, str) else None,
        state_refusal=_state_refusal(made.get("state"), sent.get("stateEvent")),
    )


def _may_be_partial(field: str, sent: Input) -> bool:
    """Tell whether a refused input has parts that GitLab carries out apart from the rest."""
    is_update = "id" in sent
    return field == "workItem" and any(
        name in sent for name in _CARRIED_OUT_APART if is_update or name == "linkedItemsWidget"
    )


def _state_refusal(state: object, event: object) -> str | None:
    """Return why the state that an update should have set is not there; GitLab itself gives no error.

    Reopening an item whose discussion is locked does nothing (GitLab, app/policies/issue_policy.rb@fa352bf4).
    """
    if event == "REOPEN" and state == "CLOSED":
        return _STILL_CLOSED
    return _STILL_OPEN if event == "CLOSE" and state == "OPEN" else None


def _missing_result(message: str) -> WriteResult:
    return WriteResult(refusal=message, is_unclear=not any(each in message for each in _REFUSAL_MESSAGES))
