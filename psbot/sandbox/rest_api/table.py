"""Which path does what."""

from collections.abc import Callable, Iterator
from functools import partial

from psbot.sandbox.rest_api import accounts, epics, issues, labels, notes, places
from psbot.sandbox.rest_api.call import Call

Work = Callable[[Call], object]
Path = tuple[str, str, Work]


def _paths(*paths: Path) -> tuple[Path, ...]:
    return paths


def _places() -> Iterator[Path]:
    yield from _paths(
        ("GET", "groups", places.groups),
        ("POST", "groups", places.create_group),
        ("GET", "groups/:id", places.group),
        ("GET", "groups/:id/subgroups", partial(places.subgroups, everything=False)),
        ("GET", "groups/:id/descendant_groups", partial(places.subgroups, everything=True)),
        ("GET", "groups/:id/projects", places.group_projects),
        ("GET", "projects", places.projects),
        ("POST", "projects", places.create_project),
        ("GET", "projects/:id", places.project),
        ("POST", "projects/:id/archive", partial(places.archive_project, is_archived=True)),
        ("POST", "projects/:id/unarchive", partial(places.archive_project, is_archived=False)),
    )
    for kind, is_group in (("groups", True), ("projects", False)):
        where = f"{kind}/:id"
        yield from _paths(
            ("PUT", where, partial(places.update_place, is_group=is_group)),
            ("DELETE", where, partial(places.delete_place, is_group=is_group)),
            ("GET", f"{where}/members", partial(places.members, is_group=is_group, inherited=False)),
            ("POST", f"{where}/members", partial(places.add_member, is_group=is_group)),
            ("GET", f"{where}/members/all", partial(places.members, is_group=is_group, inherited=True)),
            (
                "GET",
                f"{where}/members/all/:user_id",
                partial(places.member, is_group=is_group, inherited=True),
            ),
            ("GET", f"{where}/members/:user_id", partial(places.member, is_group=is_group, inherited=False)),
            ("PUT", f"{where}/members/:user_id", partial(places.update_member, is_group=is_group)),
            ("DELETE", f"{where}/members/:user_id", partial(places.remove_member, is_group=is_group)),
            ("GET", f"{where}/labels", partial(labels.labels, is_group=is_group)),
            ("POST", f"{where}/labels", partial(labels.create_label, is_group=is_group)),
            ("PUT", f"{where}/labels", partial(labels.update_label, is_group=is_group)),
            ("GET", f"{where}/labels/:label_id", partial(labels.label, is_group=is_group)),
            ("PUT", f"{where}/labels/:label_id", partial(labels.update_label, is_group=is_group)),
            ("DELETE", f"{where}/labels/:label_id", partial(labels.delete_label, is_group=is_group)),
        )


def _notes(where: str, find: notes.Find) -> Iterator[Path]:
    yield from _paths(
        ("GET", f"{where}/notes", partial(notes.notes, find=find)),
        ("POST", f"{where}/notes", partial(notes.create_note, find=find)),
        ("GET", f"{where}/notes/:note_id", partial(notes.note, find=find)),
        ("PUT", f"{where}/notes/:note_id", partial(notes.update_note, find=find)),
        ("DELETE", f"{where}/notes/:note_id", partial(notes.delete_note, find=find)),
        ("GET", f"{where}/discussions", partial(notes.discussions, find=find)),
        ("POST", f"{where}/discussions", partial(notes.create_discussion, find=find)),
        ("GET", f"{where}/discussions/:discussion_id", partial(notes.discussion, find=find)),
        ("POST", f"{where}/discussions/:discussion_id/notes", partial(notes.reply, find=find)),
        ("PUT", f"{where}/discussions/:discussion_id/notes/:note_id", partial(notes.update_note, find=find)),
        (
            "DELETE",
            f"{where}/discussions/:discussion_id/notes/:note_id",
            partial(notes.delete_note, find=find),
        ),
    )


def _issues() -> Iterator[Path]:
    where = "projects/:id/issues/:iid"
    yield from _paths(
        ("GET", "issues", issues.all_issues),
        ("GET", "groups/:id/issues", issues.group_issues),
        ("GET", "projects/:id/issues", issues.project_issues),
        ("POST", "projects/:id/issues", issues.create_issue),
        ("GET", where, issues.issue),
        ("PUT", where, issues.update_issue),
        ("DELETE", where, issues.delete_issue),
        ("POST", f"{where}/move", issues.move_issue),
        ("POST", f"{where}/clone", issues.clone_issue),
        ("GET", f"{where}/links", issues.links),
        ("POST", f"{where}/links", issues.create_link),
        ("DELETE", f"{where}/links/:link_id", issues.delete_link),
        ("GET", f"{where}/resource_label_events", issues.label_events),
        ("GET", f"{where}/resource_state_events", issues.state_events),
    )
    yield from _notes(where, Call.issue)


def _epics() -> Iterator[Path]:
    where = "groups/:id/epics/:epic_iid"
    yield from _paths(
        ("GET", "groups/:id/epics", epics.epics),
        ("POST", "groups/:id/epics", epics.create_epic),
        ("GET", where, epics.epic),
        ("PUT", where, epics.update_epic),
        ("DELETE", where, epics.delete_epic),
        ("GET", f"{where}/issues", epics.epic_issues),
        ("POST", f"{where}/issues/:issue_id", epics.add_epic_issue),
        ("DELETE", f"{where}/issues/:issue_id", epics.remove_epic_issue),
        ("GET", "groups/:id/epics/:epic_id/resource_label_events", epics.label_events),
        ("GET", "groups/:id/epics/:epic_id/resource_state_events", epics.state_events),
    )
    yield from _notes("groups/:id/epics/:epic_id", epics.epic_by_id)


def _accounts() -> Iterator[Path]:
    yield from _paths(
        ("GET", "user", accounts.me),
        ("GET", "users", accounts.users),
        ("GET", "users/:id", accounts.user),
        ("GET", "version", accounts.version),
        ("GET", "metadata", accounts.version),
        ("GET", "personal_access_tokens/self", accounts.own_token),
    )


TABLE: tuple[Path, ...] = (*_accounts(), *_places(), *_issues(), *_epics())
