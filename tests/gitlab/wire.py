"""GitLab's documented GraphQL answers, made by hand out of the fake's state: what the adapter meets on the wire.

Nothing of the adapter's is used: documents are told apart by their operation's name, inputs are read and answers
written here, after GitLab's GraphQL reference.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from requests import PreparedRequest

from psbot.core.model.history import Activity, History, LabelEvent, StateEvent
from psbot.core.model.item import NewestNote
from psbot.core.model.labels import LabelSpec
from psbot.core.model.work_item import Author, WorkItem
from psbot.errors import GitLabError
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.values import (
    Audience,
    Comment,
    Dates,
    ItemSummary,
    ItemUpdate,
    Membership,
    NamespaceAccess,
    NewItem,
    NewNote,
    NoteEdit,
    Page,
    PageRequest,
    WriteResult,
)
from tests.support.builders import GROUP
from tests.support.fakes import UNAVAILABLE, FakeGitLab

Json = dict[str, Any]

LARGEST_PAGE = 100
_VALUES = {
    ItemList.CHILDREN: "parents",
    ItemList.LABELLED: "labels",
    ItemList.BY_ID: "ids",
    ItemList.UPDATED: "since",
}


@dataclass
class Wire:
    """A GraphQL endpoint on *gitlab*."""

    gitlab: FakeGitLab

    def answer(self, request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        """Answer one request."""
        sent = json.loads(request.body or "")
        document, variables = sent["query"], sent["variables"]
        name = re.match(r"(?:query|mutation) (\w+)", document)
        assert name, document
        made: Json | tuple[Json, list[Json]] = getattr(self, f"_{name[1]}")(document, variables)
        data, errors = made if isinstance(made, tuple) else (made, [])
        return 200, {}, json.dumps({"data": data} | ({"errors": errors} if errors else {}))

    # queries

    def _Access(self, _document: str, given: Json) -> Json:
        paths = {alias: path for alias, path in given.items() if alias.startswith("project")}
        found = self.gitlab.fetch_access(given["group"], list(paths.values()), given.get("labelGroup", ""))
        answer: Json = {
            "currentUser": {"id": found.account.gid} | _account(found.account.author),
            "group": found.group
            and {"epics": {"count": found.epic_count}, **(_place(found.group, "Epic", is_group=True) or {})},
        }
        for alias, path in paths.items():
            answer[alias] = _place(found.projects[path], "Issue", is_group=False)
        if "labelGroup" in given:
            answer |= self._Labels("", given)
        return answer

    def _Labels(self, _document: str, given: Json) -> Json:
        labels = self.gitlab.fetch_labels(given["labelGroup"])
        if labels is None:
            return {"labelGroup": None}
        nodes = [{"id": gid, "title": title} for title, gid in labels.items()]
        start = int(given["after"] or 0)
        stop = start + LARGEST_PAGE
        shown = _connection(nodes[start:stop], str(stop) if stop < len(nodes) else None)
        level = {"integerValue": self.gitlab.levels.get(given["labelGroup"])}
        labelled = {
            "id": "gid://gitlab/Group/1",
            "maxAccessLevel": level,
            "labels": {"count": len(nodes)} | shown,
        }
        return {"labelGroup": labelled}

    def _ArchivedLabels(self, _document: str, _given: Json) -> Json:
        return {"labelGroup": {"labels": _connection([])}}

    def _Listing(self, document: str, given: Json) -> Json:
        with_newest = "...Newest " in document
        asks = [
            PageRequest(
                part, _values(given.get(_VALUES.get(part, ""), ())), given[f"{part}After"], with_newest
            )
            for part in ItemList
            if f"{part}After" in given
        ]
        try:
            pages = self.gitlab.fetch_pages(given["group"], asks)
        except GitLabError:
            return {"group": None}
        shown = {ask.item_list.value: _page(page, ask) for ask, page in zip(asks, pages, strict=True)}
        return {"group": {"id": "gid://gitlab/Group/1"} | shown}

    def _Item(self, _document: str, given: Json) -> Json:
        if self.gitlab.levels.get(given["namespace"]) is None:
            return {"namespace": None}
        found = self.gitlab.fetch_item(given["namespace"], int(given["iid"]))
        return {"namespace": {"id": "gid://gitlab/Namespace/1", "workItem": _node(found) if found else None}}

    def _Activity(self, _document: str, given: Json) -> Json:
        found = self.gitlab.fetch_activity(given["group"], given["ids"])
        nodes = [_history(gid, activity) for gid, activity in found.items()]
        return {"group": {"id": "gid://gitlab/Group/1", "workItems": {"nodes": nodes}}}

    def _Histories(self, _document: str, given: Json) -> Json:
        """Answer with system notes as GitLab writes them, newest first, labels by their ids."""
        found = self.gitlab.fetch_histories(
            given["group"], {gid: gid for gid in given["ids"]}, self.gitlab.labels
        )
        nodes = [_noted(gid, list(_system_notes(each, self.gitlab.labels))) for gid, each in found.items()]
        return {"group": {"id": "gid://gitlab/Group/1", "workItems": {"nodes": nodes}}}

    def _WholeHistories(self, _document: str, given: Json) -> Json:
        found = self.gitlab.fetch_whole_histories(given["group"], given["ids"], self.gitlab.labels)
        nodes = [_noted(gid, list(_all_notes(each, self.gitlab.labels))) for gid, each in found.items()]
        return {"group": {"id": "gid://gitlab/Group/1", "workItems": {"nodes": nodes}}}

    def _Comments(self, _document: str, given: Json) -> Json:
        found = self.gitlab.fetch_comments(given["group"], given["ids"])
        nodes = [_noted(gid, list(map(_comment, each))) for gid, each in found.items()]
        return {"group": {"id": "gid://gitlab/Group/1", "workItems": {"nodes": nodes}}}

    def _People(self, document: str, given: Json) -> Json:
        kinds = re.findall(r"place(\d+): (group|project)\(", document)
        asked = [Membership(given[f"person{n}"], given[f"place{n}"], kind == "group") for n, kind in kinds]
        found = self.gitlab.fetch_accounts(given["usernames"], asked)
        users = [
            {"id": gid, "username": name, "state": "blocked" if name in found.inactive else "active"}
            for name, gid in found.gids.items()
        ]
        answer: Json = {"users": {"nodes": users}}
        for number, one in enumerate(asked):
            if self.gitlab.levels.get(one.path) is None:
                answer[f"place{number}"] = None
                continue
            # The search finds everybody whose name contains the text.
            names = [f"{one.username}-2", *([one.username] if one in found.members else [])]
            nodes = [{"user": {"username": name}} for name in names]
            members = {"nodes": nodes, "pageInfo": {"hasNextPage": False}}
            answer[f"place{number}"] = {"id": f"gid://gitlab/Project/{number}", "members": members}
        return answer

    def _Audience(self, document: str, given: Json) -> Json:
        paths = {
            number: given[f"project{number}"] for number in re.findall(r"project(\d+): project", document)
        }
        seen = {path: self.gitlab.levels.get(path) is not None for path in paths.values()}
        found = self.gitlab.fetch_audiences([path for path in paths.values() if seen[path]])
        return {f"project{number}": self._audience(found.get(path)) for number, path in paths.items()}

    def _audience(self, found: Audience | None) -> Json | None:
        if found is None:
            return None
        members = {
            "nodes": [{"user": _account(each)} for each in found.members],
            "pageInfo": {"hasNextPage": False, "endCursor": None},
        }
        visibility = "private" if found.is_private else "public"
        return {"id": "gid://gitlab/Project/1", "visibility": visibility, "members": members}

    # mutations

    def _CreateLabels(self, _document: str, given: Json) -> tuple[Json, list[Json]]:
        specs = [LabelSpec(one["title"], one["color"], one["description"]) for one in given.values()]
        written = self.gitlab.create_labels(given["input0"]["groupPath"], specs)
        return _payloads(
            written,
            "label",
            [{"id": one.gid, "title": spec.title} for one, spec in zip(written, specs, strict=True)],
        )

    def _CreateItems(self, _document: str, given: Json) -> tuple[Json, list[Json]]:
        return _items(self.gitlab.create_items(list(map(_new_item, given.values()))))

    def _UpdateItems(self, _document: str, given: Json) -> tuple[Json, list[Json]]:
        written = self.gitlab.update_items([self._changed(one) for one in given.values()])
        return _items(written, [{"state": self._state(one)} for one in written])

    def _state(self, written: WriteResult) -> str:
        item = self.gitlab.items.get(written.gid or "")
        return "OPEN" if item and item.work_item.is_open else "CLOSED"

    def _changed(self, given: Json) -> ItemUpdate:
        labels = given.get("labelsWidget", {})
        known = self.gitlab.items.get(given["id"])
        is_epic = known is not None and known.work_item.is_epic
        people = given.get("assigneesWidget")
        return ItemUpdate(
            gid=given["id"],
            title=given.get("title"),
            description=given.get("descriptionWidget", {}).get("description"),
            dates=_dates(given.get("startAndDueDateWidget"), is_epic=is_epic),
            assignees=None if people is None else tuple(people["assigneeIds"]),
            add_labels=tuple(labels.get("addLabelIds", ())),
            remove_labels=tuple(labels.get("removeLabelIds", ())),
            parent=given.get("hierarchyWidget", {}).get("parentId"),
            is_open={"CLOSE": False, "REOPEN": True, None: None}[given.get("stateEvent")],
        )

    def _CreateNotes(self, _document: str, given: Json) -> tuple[Json, list[Json]]:
        notes = [NewNote(one["noteableId"], one["body"], one["internal"]) for one in given.values()]
        written = self.gitlab.create_notes(notes)
        return _payloads(written, "note", [{"id": one.gid, "url": None} for one in written])

    def _UpdateNotes(self, _document: str, given: Json) -> tuple[Json, list[Json]]:
        written = self.gitlab.update_notes([NoteEdit(one["id"], one["body"]) for one in given.values()])
        return _payloads(written, "note", [{"id": one.gid, "url": None} for one in written])


def _values(given: str | Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _account(author: Author | None) -> Json:
    assert author
    kind = "SERVICE_ACCOUNT" if author.is_machine else "HUMAN"
    return {"username": author.username, "bot": author.is_machine, "type": kind}


def _place(place: NamespaceAccess | None, type_name: str, *, is_group: bool) -> Json | None:
    if place is None:
        return None
    types = [{"id": place.item_type_gid or "gid://gitlab/WorkItems::Type/9", "name": type_name}]
    has_items = place.item_type_gid is not None
    shown: Json = {"id": f"gid://gitlab/{'Group' if is_group else 'Project'}/1", "fullPath": place.path}
    if not is_group:
        shown |= {"archived": place.is_archived, "issuesEnabled": has_items}
    else:
        shown["availableFeatures"] = {"hasEpicsFeature": has_items}
    return shown | {
        "maxAccessLevel": {"integerValue": place.access_level},
        "workItemTypes": {"nodes": types},
    }


def _connection(nodes: Sequence[Json], after: str | None = None) -> Json:
    return {"nodes": list(nodes), "pageInfo": {"hasNextPage": after is not None, "endCursor": after}}


def _page(page: Page, ask: PageRequest) -> Json:
    briefs = [_brief(one, ask.item_list) for one in page.summaries]
    nodes = [_node(item, with_newest=ask.with_newest_note) for item in page.items]
    return {"count": page.total_count} | _connection(briefs or nodes, page.next_cursor)


def _node(item: WorkItem, *, with_newest: bool = False) -> Json:
    labels: list[Json] = [{"title": title} for title in sorted(item.labels)]
    if not with_newest:
        labels = [each | {"id": item.label_gids[each["title"]]} for each in labels]
    return {
        "id": item.gid,
        "iid": str(item.iid),
        "title": item.title,
        "description": item.description,
        "state": "OPEN" if item.is_open else "CLOSED",
        "confidential": item.confidential,
        "movedToWorkItemUrl": None,
        "createdAt": item.created_at.isoformat() if item.created_at else None,
        "updatedAt": item.updated_at.isoformat() if item.updated_at else None,
        "author": _account(item.author),
        "namespace": {"fullPath": item.namespace},
        "workItemType": {"id": "gid://gitlab/Type/0", "name": "Epic" if item.is_epic else "Issue"},
        "webUrl": item.url,
        "widgets": [
            {"assignees": {"nodes": [{"username": name} for name in item.assignees]}},
            {"labels": {"nodes": labels}},
            {"parent": {"id": item.parent} if item.parent else None},
            *(_short_rest(item) if with_newest else _rest(item)),
        ],
    } | ({} if with_newest else {"closedAt": _text(item.closed_at)})


def _rest(item: WorkItem) -> list[Json]:
    return [_dates_of(item), {"totalTimeSpent": item.seconds_spent}]


def _short_rest(item: WorkItem) -> list[Json]:
    threads = [_newest(item.newest_note)] if item.newest_note else []
    return [_dates_of(item), {"discussions": {"nodes": threads}}]


def _dates_of(item: WorkItem) -> Json:
    return {"startDate": _text(item.start_on), "dueDate": _text(item.due_on)}


def _newest(note: NewestNote) -> Json:
    kind = "SERVICE_ACCOUNT" if note.is_machine else "HUMAN"
    author = {"username": note.username, "bot": note.is_machine, "type": kind} if note.username else None
    action = {"action": "cross_reference"} if note.is_mention else None
    shown = {"createdAt": note.at.isoformat(), "author": author, "systemNoteMetadata": action}
    return {"notes": {"nodes": [shown]}}


def _history(gid: str, activity: Activity) -> Json:
    notes = [
        {"system": act.is_system, "createdAt": act.at.isoformat(), "author": _account(act.author)}
        for act in activity.notes
    ]
    threads = [{"notes": {"nodes": [note]}} for note in notes]
    editor = _account(activity.edited_by) if activity.edited_by else None
    return {
        "id": gid,
        "createdAt": activity.created_at.isoformat(),
        "author": _account(activity.created_by),
        "widgets": [
            {"type": "DESCRIPTION", "lastEditedBy": editor},
            {"type": "NOTES", "discussions": {"nodes": threads, "pageInfo": {"hasNextPage": False}}},
        ],
    }


def _brief(brief: ItemSummary, part: ItemList) -> Json:
    shown: Json = {"id": brief.gid, "description": brief.description}
    if part is ItemList.UPDATED:
        parent = {"id": brief.parent} if brief.parent else None
        shown["widgets"] = [{"type": "HIERARCHY", "parent": parent}]
    return shown


def _noted(gid: str, notes: list[Json]) -> Json:
    threads = [{"notes": {"nodes": [note]}} for note in notes]
    shown = {"nodes": threads, "pageInfo": {"hasNextPage": False, "endCursor": None}}
    return {"id": gid, "widgets": [{"type": "NOTES", "discussions": shown}]}


def _system_notes(history: History, labels: Mapping[str, str]) -> Iterator[Json]:
    events: list[LabelEvent | StateEvent] = [*history.labels, *history.states]
    for event in reversed(sorted(events, key=lambda each: each.at)):
        if isinstance(event, LabelEvent):
            number = labels[event.title].rpartition("/")[2]
            action, body = "label", f"{'added' if event.is_added else 'removed'} ~{number} label"
        else:
            action, body = ("opened", "reopened") if event.is_open else ("closed", "closed")
        yield {
            "body": body,
            "createdAt": event.at.isoformat(),
            "author": _account(event.author),
            "systemNoteMetadata": {"action": action},
        }


def _all_notes(history: History, labels: Mapping[str, str]) -> Iterator[Json]:
    events = list(_system_notes(history, labels))
    seen = {note["createdAt"] for note in events}
    yield from ({"system": True} | note for note in events)
    for act in history.notes or ():
        if act.at.isoformat() not in seen:
            action = "cross_reference" if act.is_mention else "title"
            yield {
                "system": act.is_system,
                "body": "changed",
                "createdAt": act.at.isoformat(),
                "author": _account(act.author) if act.author else None,
                "systemNoteMetadata": {"action": action} if act.is_system else None,
            }


def _comment(comment: Comment) -> Json:
    return {
        "id": comment.gid,
        "body": comment.body,
        "system": False,
        "createdAt": comment.at.isoformat(),
        "author": _account(comment.author),
        "lastEditedBy": _account(comment.edited_by) if comment.edited_by else None,
    }


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _new_item(given: Json) -> NewItem:
    dates = _dates(given.get("startAndDueDateWidget"), is_epic=given["namespacePath"] == GROUP)
    return NewItem(
        namespace=given["namespacePath"],
        item_type_gid=given["workItemTypeId"],
        title=given["title"],
        description=given["descriptionWidget"]["description"],
        labels=tuple(given["labelsWidget"]["labelIds"]),
        assignees=tuple(given.get("assigneesWidget", {}).get("assigneeIds", ())),
        start_on=dates.start_on if dates else None,
        due_on=dates.due_on if dates else None,
        confidential=given["confidential"],
        parent=given.get("hierarchyWidget", {}).get("parentId"),
    )


def _dates(given: Mapping[str, str | None] | None, *, is_epic: bool) -> Dates | None:
    """Return the dates of an input; an epic takes its own only when told that they are fixed."""
    if given is None or (is_epic and not given.get("isFixed")):
        return None
    return Dates(_day(given["startDate"]), _day(given["dueDate"]))


def _items(written: Sequence[WriteResult], more: Sequence[Json] | None = None) -> tuple[Json, list[Json]]:
    shown = [
        {"id": one.gid, "iid": str(one.iid), "webUrl": one.url, **extra}
        for one, extra in zip(written, more or [{}] * len(written), strict=True)
    ]
    return _payloads(written, "workItem", shown)


def _payloads(written: Sequence[WriteResult], field: str, shown: Sequence[Json]) -> tuple[Json, list[Json]]:
    """Return what each alias answers: a refusal stands in the payload, what is not to be had beside the data."""
    data: Json = {}
    errors: list[Json] = []
    for number, (one, node) in enumerate(zip(written, shown, strict=True)):
        alias = f"write{number}"
        if one.refusal == UNAVAILABLE:
            data[alias] = None
            errors.append({"message": UNAVAILABLE, "path": [alias], "locations": [{"line": 2, "column": 3}]})
        elif one.refusal:
            data[alias] = {"errors": [one.refusal], field: None}
        else:
            data[alias] = {"errors": [], field: node}
    return data, errors
