"""The routing table: the handler for every method and path."""

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

Handler = Callable[[Call], object]
RestRoute = tuple[str, str, Handler]


def _routes(*paths: RestRoute) -> tuple[RestRoute, ...]:
    return paths


def _namespace_routes() -> Iterator[RestRoute]:
    yield from _routes(
        ("GET", "groups", places.list_groups),
        ("POST", "groups", places.create_group),
        ("GET", "groups/:id", places.get_group),
        ("GET", "groups/:id/subgroups", partial(places.list_subgroups, everything=False)),
        ("GET", "groups/:id/descendant_groups", partial(places.list_subgroups, everything=True)),
        ("GET", "groups/:id/projects", places.list_group_projects),
        ("GET", "projects", places.list_projects),
        ("POST", "projects", places.create_project),
        ("GET", "projects/:id", places.get_project),
        ("POST", "projects/:id/archive", partial(places.archive_project, archived=True)),
        ("POST", "projects/:id/unarchive", partial(places.archive_project, archived=False)),
    )
    for kind, is_group in (("groups", True), ("projects", False)):
        where = f"{kind}/:id"
        yield from _routes(
            ("PUT", where, partial(places.update_namespace, is_group=is_group)),
            ("DELETE", where, partial(places.delete_namespace, is_group=is_group)),
            ("GET", f"{where}/members", partial(places.list_members, is_group=is_group, inherited=False)),
            ("POST", f"{where}/members", partial(places.add_member, is_group=is_group)),
            ("GET", f"{where}/members/all", partial(places.list_members, is_group=is_group, inherited=True)),
            (
                "GET",
                f"{where}/members/all/:user_id",
                partial(places.get_member, is_group=is_group, inherited=True),
            ),
            (
                "GET",
                f"{where}/members/:user_id",
                partial(places.get_member, is_group=is_group, inherited=False),
            ),
            ("PUT", f"{where}/members/:user_id", partial(places.update_member, is_group=is_group)),
            ("DELETE", f"{where}/members/:user_id", partial(places.remove_member, is_group=is_group)),
            ("GET", f"{where}/labels", partial(labels.list_labels, is_group=is_group)),
            ("POST", f"{where}/labels", partial(labels.create_label, is_group=is_group)),
            ("PUT", f"{where}/labels", partial(labels.update_label, is_group=is_group)),
            ("GET", f"{where}/labels/:label_id", partial(labels.get_label, is_group=is_group)),
            ("PUT", f"{where}/labels/:label_id", partial(labels.update_label, is_group=is_group)),
            ("DELETE", f"{where}/labels/:label_id", partial(labels.delete_label, is_group=is_group)),
            ("POST", f"{where}/share", partial(places.share_with_group, is_group=is_group)),
            ("DELETE", f"{where}/share/:group_id", partial(places.unshare_with_group, is_group=is_group)),
        )
        yield from _milestone_routes(where, is_group=is_group)


def _milestone_routes(where: str, *, is_group: bool) -> Iterator[RestRoute]:
    one = f"{where}/milestones/:milestone_id"
    yield from _routes(
        ("GET", f"{where}/milestones", partial(milestones.list_milestones, is_group=is_group)),
        ("POST", f"{where}/milestones", partial(milestones.create_milestone, is_group=is_group)),
        ("GET", one, partial(milestones.get_milestone, is_group=is_group)),
        ("PUT", one, partial(milestones.update_milestone, is_group=is_group)),
        ("DELETE", one, partial(milestones.delete_milestone, is_group=is_group)),
        ("GET", f"{one}/issues", partial(milestones.list_milestone_issues, is_group=is_group)),
        (
            "GET",
            f"{one}/merge_requests",
            partial(milestones.list_milestone_merge_requests, is_group=is_group),
        ),
    )


def _note_routes(where: str, find: notes.Find) -> Iterator[RestRoute]:
    yield from _routes(
        ("GET", f"{where}/notes", partial(notes.list_notes, find=find)),
        ("POST", f"{where}/notes", partial(notes.create_note, find=find)),
        ("GET", f"{where}/notes/:note_id", partial(notes.get_note, find=find)),
        ("PUT", f"{where}/notes/:note_id", partial(notes.update_note, find=find)),
        ("DELETE", f"{where}/notes/:note_id", partial(notes.delete_note, find=find)),
        ("GET", f"{where}/discussions", partial(notes.list_discussions, find=find)),
        ("POST", f"{where}/discussions", partial(notes.create_discussion, find=find)),
        ("GET", f"{where}/discussions/:discussion_id", partial(notes.get_discussion, find=find)),
        ("POST", f"{where}/discussions/:discussion_id/notes", partial(notes.reply_in_discussion, find=find)),
        ("GET", f"{where}/discussions/:discussion_id/notes/:note_id", partial(notes.get_note, find=find)),
        ("PUT", f"{where}/discussions/:discussion_id/notes/:note_id", partial(notes.update_note, find=find)),
        (
            "DELETE",
            f"{where}/discussions/:discussion_id/notes/:note_id",
            partial(notes.delete_note, find=find),
        ),
    )


def _event_routes(where: str, find: events.Find, **sorts: events.Sort) -> Iterator[RestRoute]:
    for name, sort in sorts.items():
        path = f"{where}/resource_{name}_events"
        yield from _routes(
            ("GET", path, partial(sort.list_events, find=find)),
            ("GET", f"{path}/:event_id", partial(sort.get_event, find=find)),
        )


def _reaction_routes(where: str, find: reactions.Find) -> Iterator[RestRoute]:
    yield from _routes(
        ("GET", f"{where}/award_emoji", partial(reactions.list_reactions, find=find)),
        ("POST", f"{where}/award_emoji", partial(reactions.create_reaction, find=find)),
        ("GET", f"{where}/award_emoji/:award_id", partial(reactions.get_reaction, find=find)),
        ("DELETE", f"{where}/award_emoji/:award_id", partial(reactions.delete_reaction, find=find)),
    )


def _issue_routes() -> Iterator[RestRoute]:
    where = "projects/:id/issues/:iid"
    yield from _routes(
        ("GET", "issues", issues.list_all_issues),
        ("GET", "groups/:id/issues", issues.list_group_issues),
        ("GET", "projects/:id/issues", issues.list_project_issues),
        ("POST", "projects/:id/issues", issues.create_issue),
        ("GET", where, issues.get_issue),
        ("PUT", where, issues.update_issue),
        ("DELETE", where, issues.delete_issue),
        ("POST", f"{where}/move", issues.move_issue),
        ("POST", f"{where}/clone", issues.clone_issue),
        ("GET", f"{where}/links", issues.list_links),
        ("POST", f"{where}/links", issues.create_link),
        ("DELETE", f"{where}/links/:link_id", issues.delete_link),
        ("GET", f"{where}/participants", issues.list_participants),
        ("GET", f"{where}/closed_by", issues.list_related_merge_requests),
        ("GET", f"{where}/related_merge_requests", issues.list_related_merge_requests),
    )
    yield from _event_routes(
        where,
        Call.issue,
        label=events.LABELS,
        state=events.STATES,
        milestone=events.MILESTONES,
        weight=events.WEIGHTS,
    )
    yield from _note_routes(where, Call.issue)
    yield from _reaction_routes(where, Call.issue)
    yield from _reaction_routes(f"{where}/notes/:note_id", partial(notes.find_note, find=Call.issue))


def _merge_request_routes() -> Iterator[RestRoute]:
    where = "projects/:id/merge_requests"
    yield from _routes(
        ("GET", where, merge_requests.list_merge_requests),
        ("GET", f"{where}/:iid", merge_requests.get_merge_request),
        ("GET", f"{where}/:iid/notes", merge_requests.list_notes),
        ("POST", f"{where}/:iid/notes", merge_requests.create_note),
        ("GET", f"{where}/:iid/notes/:note_id", merge_requests.get_note),
        ("PUT", f"{where}/:iid/notes/:note_id", merge_requests.update_note),
        (
            "GET",
            "projects/:id/repository/commits/:sha/merge_requests",
            merge_requests.list_commit_merge_requests,
        ),
        ("GET", "projects/:id/repository/branches/:branch", pipelines.get_branch),
        ("GET", "groups/:id/variables", pipelines.list_group_variables),
        ("GET", "projects/:id/variables", pipelines.list_variables),
        ("GET", "projects/:id/pipeline_schedules", pipelines.list_schedules),
        ("GET", "projects/:id/pipeline_schedules/:schedule_id", pipelines.get_schedule),
    )


def _epic_routes() -> Iterator[RestRoute]:
    where = "groups/:id/epics/:epic_iid"
    yield from _routes(
        ("GET", "groups/:id/epics", epics.list_epics),
        ("POST", "groups/:id/epics", epics.create_epic),
        ("GET", where, epics.get_epic),
        ("PUT", where, epics.update_epic),
        ("DELETE", where, epics.delete_epic),
        ("GET", f"{where}/issues", epics.list_epic_issues),
        ("POST", f"{where}/issues/:issue_id", epics.add_epic_issue),
        ("DELETE", f"{where}/issues/:issue_id", epics.remove_epic_issue),
    )
    yield from _event_routes(
        "groups/:id/epics/:epic_id", epics.epic_by_id, label=events.LABELS, state=events.STATES
    )
    yield from _note_routes("groups/:id/epics/:epic_id", epics.epic_by_id)


def _account_routes() -> Iterator[RestRoute]:
    yield from _routes(
        ("GET", "user", accounts.get_current_user),
        ("GET", "users", accounts.list_users),
        ("POST", "users", accounts.create_user),
        ("GET", "users/:id", accounts.get_user),
        ("DELETE", "users/:id", accounts.delete_user),
        ("GET", "users/:id/memberships", accounts.list_user_memberships),
        ("POST", "groups/:id/service_accounts", accounts.create_service_account),
        ("GET", "license", accounts.get_license),
        ("GET", "version", accounts.get_version),
        ("GET", "metadata", accounts.get_version),
        ("GET", "personal_access_tokens/self", accounts.get_own_token),
    )


ROUTES: tuple[RestRoute, ...] = (
    *_account_routes(),
    *_namespace_routes(),
    *_issue_routes(),
    *_merge_request_routes(),
    *_epic_routes(),
)
