"""Which path does what."""

from collections.abc import Callable, Iterator
from functools import partial

from psbot.sandbox.rest_api import (
    accounts,
    epics,
    events,
    issues,
    labels,
    merge_requests,
    milestones,
    notes,
    pipelines,
    places,
    reactions,
)
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
        ("POST", "projects/:id/archive", partial(places.archive_project, archived=True)),
        ("POST", "projects/:id/unarchive", partial(places.archive_project, archived=False)),
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
            ("POST", f"{where}/share", partial(places.share, is_group=is_group)),
            ("DELETE", f"{where}/share/:group_id", partial(places.unshare, is_group=is_group)),
        )
        yield from _milestones(where, is_group=is_group)


def _milestones(where: str, *, is_group: bool) -> Iterator[Path]:
    one = f"{where}/milestones/:milestone_id"
    yield from _paths(
        ("GET", f"{where}/milestones", partial(milestones.every, is_group=is_group)),
        ("POST", f"{where}/milestones", partial(milestones.create, is_group=is_group)),
        ("GET", one, partial(milestones.one, is_group=is_group)),
        ("PUT", one, partial(milestones.update, is_group=is_group)),
        ("DELETE", one, partial(milestones.delete, is_group=is_group)),
        ("GET", f"{one}/issues", partial(milestones.issues, is_group=is_group)),
        ("GET", f"{one}/merge_requests", partial(milestones.merge_requests, is_group=is_group)),
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
        ("GET", f"{where}/discussions/:discussion_id/notes/:note_id", partial(notes.note, find=find)),
        ("PUT", f"{where}/discussions/:discussion_id/notes/:note_id", partial(notes.update_note, find=find)),
        (
            "DELETE",
            f"{where}/discussions/:discussion_id/notes/:note_id",
            partial(notes.delete_note, find=find),
        ),
    )


def _events(where: str, find: events.Find, **sorts: events.Sort) -> Iterator[Path]:
    for name, sort in sorts.items():
        path = f"{where}/resource_{name}_events"
        yield from _paths(
            ("GET", path, partial(sort.every, find=find)),
            ("GET", f"{path}/:event_id", partial(sort.one, find=find)),
        )


def _reactions(where: str, find: reactions.Find) -> Iterator[Path]:
    yield from _paths(
        ("GET", f"{where}/award_emoji", partial(reactions.every, find=find)),
        ("POST", f"{where}/award_emoji", partial(reactions.create, find=find)),
        ("GET", f"{where}/award_emoji/:award_id", partial(reactions.one, find=find)),
        ("DELETE", f"{where}/award_emoji/:award_id", partial(reactions.delete, find=find)),
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
        ("GET", f"{where}/participants", issues.participants),
        ("GET", f"{where}/closed_by", issues.no_merge_requests),
        ("GET", f"{where}/related_merge_requests", issues.no_merge_requests),
    )
    yield from _events(
        where,
        Call.issue,
        label=events.LABELS,
        state=events.STATES,
        milestone=events.MILESTONES,
        weight=events.WEIGHTS,
    )
    yield from _notes(where, Call.issue)
    yield from _reactions(where, Call.issue)
    yield from _reactions(f"{where}/notes/:note_id", partial(notes.find_note, find=Call.issue))


def _merge_requests() -> Iterator[Path]:
    where = "projects/:id/merge_requests"
    yield from _paths(
        ("GET", where, merge_requests.every),
        ("GET", f"{where}/:iid", merge_requests.one),
        ("GET", f"{where}/:iid/notes", merge_requests.notes),
        ("POST", f"{where}/:iid/notes", merge_requests.create_note),
        ("GET", f"{where}/:iid/notes/:note_id", merge_requests.note),
        ("PUT", f"{where}/:iid/notes/:note_id", merge_requests.update_note),
        ("GET", "projects/:id/repository/commits/:sha/merge_requests", merge_requests.of_commit),
        ("GET", "projects/:id/repository/branches/:branch", pipelines.branch),
        ("GET", "groups/:id/variables", pipelines.group_variables),
        ("GET", "projects/:id/variables", pipelines.variables),
        ("GET", "projects/:id/pipeline_schedules", pipelines.schedules),
        ("GET", "projects/:id/pipeline_schedules/:schedule_id", pipelines.schedule),
    )


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
    )
    yield from _events(
        "groups/:id/epics/:epic_id", epics.epic_by_id, label=events.LABELS, state=events.STATES
    )
    yield from _notes("groups/:id/epics/:epic_id", epics.epic_by_id)


def _accounts() -> Iterator[Path]:
    yield from _paths(
        ("GET", "user", accounts.me),
        ("GET", "users", accounts.users),
        ("POST", "users", accounts.create_user),
        ("GET", "users/:id", accounts.user),
        ("DELETE", "users/:id", accounts.delete_user),
        ("GET", "users/:id/memberships", accounts.user_memberships),
        ("POST", "groups/:id/service_accounts", accounts.create_service_account),
        ("GET", "license", accounts.license_of),
        ("GET", "version", accounts.version),
        ("GET", "metadata", accounts.version),
        ("GET", "personal_access_tokens/self", accounts.own_token),
    )


TABLE: tuple[Path, ...] = (*_accounts(), *_places(), *_issues(), *_merge_requests(), *_epics())
