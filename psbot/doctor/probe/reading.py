"""What psbot expects of GitLab where it reads."""

from psbot.doctor.probe import items
from psbot.doctor.probe.expectation import Expectation, Verdict
from psbot.doctor.probe.observed import NotObserved, Observed

_CREATED_CHILDREN = frozenset(items.CHILDREN) - {"reparented"}


def _author(observed: Observed) -> Verdict:
    item = observed.created("plain")
    is_met = item.author is not None and item.author.username == observed.account.username
    return Verdict.of(is_met, "the account of the token" if is_met else "another account")


def _any_case(observed: Observed) -> Verdict:
    if observed.found_by_upper_case is None:
        raise NotObserved("the account was not looked up")
    return Verdict.of(observed.found_by_upper_case, "found" if observed.found_by_upper_case else "not found")


def _by_id(observed: Observed) -> Verdict:
    created = {
        name.removeprefix("create ")
        for name, each in observed.written.items()
        if name.startswith("create ") and each.gid
    }
    missing = created - set(observed.after)
    return Verdict.of(not missing, f"{len(created) - len(missing)} of {len(created)} items")


def _children(observed: Observed) -> Verdict:
    first, second = (observed.list_of(f"children of {key}") for key in (items.EPIC, items.SECOND_EPIC))
    wanted = {key for key in observed.after if key in _CREATED_CHILDREN or key.startswith("kind/")}
    missing = wanted - first.keys
    is_met = not missing and items.OUTSIDER not in first.keys and first.others == 0
    is_met = is_met and second.keys <= {"reparented"} and second.others == 0
    more = (
        len(first.keys & {items.OUTSIDER}) + first.others + len(second.keys - {"reparented"}) + second.others
    )
    return Verdict.of(is_met, f"{len(missing)} children are missing, {more} other items are listed")


def _labelled(observed: Observed) -> Verdict:
    seen = observed.list_of("labelled")
    wanted = {key for key, item in observed.after.items() if observed.labels.kind in item.labels}
    missing = wanted - seen.keys
    # The copy of the moved item has the label, too.
    most = 1 if items.MOVED in observed.after else 0
    return Verdict.of(
        not missing and seen.others <= most,
        f"{len(missing)} items are missing, {seen.others} others are listed",
    )


def _count(observed: Observed) -> Verdict:
    seen = {name: each for name, each in observed.lists.items() if name != "changed"}
    if not seen:
        raise NotObserved("no list was read")
    wrong = [
        f"{name}: {each.count} counted, {len(each.keys) + each.others} listed"
        for name, each in seen.items()
        if each.count != len(each.keys) + each.others
    ]
    return Verdict.of(not wrong, "; ".join(wrong) or "as many as are listed")


def _epics(observed: Observed) -> Verdict:
    seen = observed.list_of("epics").keys
    missing = {items.EPIC, items.SECOND_EPIC} - seen
    wrong = seen - {items.EPIC, items.SECOND_EPIC}
    return Verdict.of(
        not missing and not wrong, f"{len(missing)} epics are missing, {len(wrong)} issues are listed"
    )


def _confidential(observed: Observed) -> Verdict:
    if not observed.item(items.CONFIDENTIAL).confidential:
        raise NotObserved("no confidential item was created")
    seen = observed.list_of("confidential").keys
    return Verdict.of(
        seen == {items.CONFIDENTIAL},
        f"{len(seen & {items.CONFIDENTIAL})} confidential issue and {len(seen - {items.CONFIDENTIAL})} others",
    )


def _changed(observed: Observed) -> Verdict:
    missing = {"retitled", "closed", "scoped"} & set(observed.after) - observed.list_of("changed").keys
    return Verdict.of(not missing, f"{len(missing)} changed items are missing")


def _updated_at(observed: Observed) -> Verdict:
    observed.done("update retitled")
    before, after = observed.created("retitled").updated_at, observed.item("retitled").updated_at
    if before is None or after is None:
        raise NotObserved("GitLab does not show the time")
    return Verdict.of(after > before, "later than before" if after > before else "the same as before")


def _label_notes(observed: Observed) -> Verdict:
    observed.done("update scoped")
    observed.done("update closed")
    problems = []
    for key in ("scoped", "closed"):
        history = observed.history(key)
        added = [each for each in history.labels if each.title == observed.labels.state_two and each.is_added]
        if not history.has_all_events:
            problems.append(f"{key}: a note could not be read")
        elif not added:
            problems.append(f"{key}: no event of the added label")
        elif any(each.author is None or each.author.username != observed.account.username for each in added):
            problems.append(f"{key}: the event has another author")
    return Verdict.of(not problems, "; ".join(problems) or "each change with its label and author")


def _label_events(observed: Observed) -> Verdict:
    observed.done("update scoped")
    events = observed.label_events
    if events is None:
        return Verdict.of(False, "GitLab does not show them, or not as psbot reads them")
    added = [each.title == observed.labels.state_two and each.is_added for each in events]
    return Verdict.of(any(added), f"{len(events)} events")


def _state_notes(observed: Observed) -> Verdict:
    observed.done("update reopened")
    observed.done("reopen reopened")
    if not observed.item("reopened").is_open:
        raise NotObserved("the issue was not reopened")
    states = [each.is_open for each in observed.history("reopened").states]
    names = ", ".join("reopened" if each else "closed" for each in states) or "none"
    return Verdict.of(states[-2:] == [False, True], f"events: {names}")


def _mention(observed: Observed) -> Verdict:
    observed.done("update mentioning")
    mentions = sum(note.is_mention for note in observed.history("mentioned").notes or ())
    return Verdict.of(mentions == 1, f"{mentions} notes about a mention")


def _comments(observed: Observed) -> Verdict:
    observed.done("note on commented")
    comments = observed.comments_on("commented")
    is_own = [c.author is not None and c.author.username == observed.account.username for c in comments]
    return Verdict.of(is_own == [True], f"{len(comments)} comments, {sum(is_own)} of them psbot's")


def _moved(observed: Observed) -> Verdict:
    if f"move {items.MOVED}" not in observed.written:
        raise NotObserved("the group has only one project")
    if observed.refusal(f"move {items.MOVED}") is not None:
        raise NotObserved("the account may not move issues")
    item = observed.item(items.MOVED)
    return Verdict.of(
        item.is_moved and not item.is_open,
        f"{'marked' if item.is_moved else 'not marked'} as moved, {'open' if item.is_open else 'closed'}",
    )


READING = (
    Expectation(
        "authors-are-shown",
        "The author of an item is the account of the token that created it.",
        "schema 18.7 (WorkItem.author)",
        "reads a created item",
        _author,
    ),
    Expectation(
        "usernames-are-compared-without-case",
        "An account is found by its username in upper case.",
        "app/models/user.rb (by_username: lower case on both sides)",
        "looks up the account of the token by its name in upper case",
        _any_case,
    ),
    Expectation(
        "items-are-found-by-id",
        "The list of a group's items by id contains closed, confidential and moved items of its projects.",
        "app/graphql/resolvers/concerns/work_items/shared_filter_arguments.rb@0286e4c6 (18.6)",
        "reads all created items by id",
        _by_id,
    ),
    Expectation(
        "children-are-listed-by-parent",
        "The list by parent contains the children of that parent, and no other item.",
        "app/graphql/resolvers/concerns/work_items/shared_filter_arguments.rb@0286e4c6 (18.6)",
        "lists the children of both epics",
        _children,
    ),
    Expectation(
        "items-are-listed-by-label-scope",
        "The list by `scope::*` contains every item with a label of that scope, and no other.",
        "ee/app/finders/ee/issuables/label_filter.rb@6d915390",
        "lists the items with the labels of the probe",
        _labelled,
    ),
    Expectation(
        "counts-of-lists-are-exact",
        "The count of a list is the number of its items.",
        "lib/gitlab/graphql/pagination/keyset/connection.rb@07fffa9f, app/graphql/types/countable_connection_type.rb",
        "compares the count of each list with its items",
        _count,
    ),
    Expectation(
        "epics-are-listed",
        "The list of a group's epics contains all of them, and no issue.",
        "ee/app/finders/ee/work_items/work_items_finder.rb@353fb655",
        "lists the epics of the group",
        _epics,
    ),
    Expectation(
        "confidential-items-are-listed-apart",
        "The list of a project's confidential items contains them, and no other.",
        "schema 18.7 (Project.workItems, confidential)",
        "lists the confidential items of the project",
        _confidential,
    ),
    Expectation(
        "changed-items-are-listed",
        "The list of items that changed since an instant contains all of them.",
        "app/services/issuable_base_service.rb@001f8107; schema 18.7 (updatedAfter)",
        "lists what changed since the first epic was created",
        _changed,
    ),
    Expectation(
        "updated-at-moves-with-titles",
        "A change of a title moves `updatedAt`.",
        "app/services/issuable_base_service.rb@001f8107",
        "changes a title",
        _updated_at,
    ),
    Expectation(
        "label-notes-are-readable",
        "System notes about labels name each label by its id, in the wording that psbot reads.",
        "app/models/label_note.rb@05f0ebba, app/models/resource_label_event.rb@04d4cf89",
        "reads the notes of items that were relabelled",
        _label_notes,
    ),
    Expectation(
        "label-events-are-shown-by-rest",
        "The REST API shows the label events of an issue; psbot reads them where it cannot read the notes.",
        "documentation, Resource label events API",
        "reads the label events of an item that was relabelled",
        _label_events,
    ),
    Expectation(
        "state-notes-are-readable",
        "System notes about closing and reopening name the action.",
        "app/models/state_note.rb@674e7e2c, app/models/synthetic_note.rb@05f0ebba",
        "reads the notes of the reopened issue",
        _state_notes,
    ),
    Expectation(
        "mentions-are-recognised",
        "A note that another item mentions this one has the action `cross_reference`.",
        "app/services/issuable_base_service.rb@001f8107 (create_new_cross_references!)",
        "changes a description to a reference to another issue",
        _mention,
    ),
    Expectation(
        "comments-are-listed-with-authors",
        "The list of comments contains what was posted, with its author, and no system note.",
        "app/services/discussions_list_service.rb@1268cfea, schema 18.7 (NotesFilterType)",
        "reads the comments on an issue",
        _comments,
    ),
    Expectation(
        "moved-items-leave-a-marked-copy",
        "An issue that was moved to another project stays behind closed, with `movedToWorkItemUrl`.",
        "schema 18.7 (WorkItem.movedToWorkItemUrl); documentation, Move an issue",
        "moves an issue to a second project of the group, if there is one",
        _moved,
    ),
)
