"""What psbot expects of GitLab where it writes labels, people, dates, parents and states of items."""

from psbot.doctor.probe import items
from psbot.doctor.probe.expectation import Expectation, Verdict
from psbot.doctor.probe.observed import NotObserved, Observed


def _labels_at_creation(observed: Observed) -> Verdict:
    seen = observed.created("plain").labels
    missing = {observed.labels.kind, observed.labels.state_one} - seen
    return Verdict.of(not missing, "both labels" if not missing else f"{len(missing)} labels are missing")


def _exclusive(observed: Observed) -> Verdict:
    observed.done("update scoped")
    labels = observed.item("scoped").labels
    states = [each for each in (observed.labels.state_one, observed.labels.state_two) if each in labels]
    names = ", ".join(each.rpartition("::")[2] for each in states) or "none"
    return Verdict.of(states == [observed.labels.state_two], f"labels of the scope: {names}")


def _unknown_label(observed: Observed) -> Verdict:
    refusal = observed.refusal("update unknown-label")
    if refusal is not None:
        return Verdict.of(False, f"refused: {refusal}")
    rest = observed.item("unknown-label").labels
    is_met = rest == {observed.labels.kind}
    return Verdict.of(
        is_met, "dropped; the other changes were made" if is_met else f"{len(rest)} labels are left"
    )


def _assigned(observed: Observed) -> Verdict:
    seen = observed.created("plain").assignees
    is_met = seen == (observed.account.username,)
    return Verdict.of(is_met, "the account of the token" if is_met else f"{len(seen)} assignees")


def _stranger(observed: Observed) -> Verdict:
    if observed.stranger is None:
        raise NotObserved("no account that cannot read the project was found")
    seen = observed.created(items.STRANGER).assignees
    return Verdict.of(not seen, "not assigned; the issue was created" if not seen else "assigned")


def _issue_dates(observed: Observed) -> Verdict:
    item, sent = observed.created("plain"), observed.sent["plain"]
    is_met = (item.start_on, item.due_on) == (sent.start_on, sent.due_on)
    return Verdict.of(is_met, f"due {_days(item.due_on, sent.due_on)}")


def _epic_dates(observed: Observed) -> Verdict:
    item, sent = observed.item(items.EPIC), observed.sent[items.EPIC]
    is_met = (item.start_on, item.due_on) == (sent.start_on, sent.due_on)
    return Verdict.of(is_met, "unchanged after children with other dates" if is_met else "not as written")


def _days(seen: object, sent: object) -> str:
    return "as written" if seen == sent else f"{seen} instead of {sent}"


def _date_order(observed: Observed) -> Verdict:
    refusal = observed.refusal("update date-order")
    item, sent = observed.item("date-order"), observed.sent["date-order"]
    is_kept = (item.start_on, item.due_on) == (sent.start_on, sent.due_on)
    seen = f"refused: {refusal}" if refusal else "not refused"
    return Verdict.of(refusal is not None and is_kept, seen + ("" if is_kept else "; the dates were changed"))


def _parent(observed: Observed) -> Verdict:
    epic, seen = observed.created(items.EPIC).gid, observed.created("plain").parent
    return Verdict.of(seen == epic, "the epic" if seen == epic else "another item" if seen else "no parent")


def _new_parent(observed: Observed) -> Verdict:
    observed.done("update reparented")
    epic, seen = observed.item(items.SECOND_EPIC).gid, observed.item("reparented").parent
    return Verdict.of(seen == epic, "the second epic" if seen == epic else "not the second epic")


def _closed(observed: Observed) -> Verdict:
    observed.done("update closed")
    item = observed.item("closed")
    is_labelled = observed.labels.state_two in item.labels and observed.labels.state_one not in item.labels
    return Verdict.of(
        not item.is_open and is_labelled,
        f"{'open' if item.is_open else 'closed'}, {'relabelled' if is_labelled else 'not relabelled'}",
    )


def _reopened(observed: Observed) -> Verdict:
    observed.done("update reopened")
    observed.done("reopen reopened")
    is_open = observed.item("reopened").is_open
    return Verdict.of(is_open, "open" if is_open else "still closed")


def _closed_parent(observed: Observed) -> Verdict:
    observed.done(f"update {items.SECOND_EPIC}")
    epic, child = observed.item(items.SECOND_EPIC), observed.item("reparented")
    return Verdict.of(
        not epic.is_open and child.is_open,
        f"the epic is {'open' if epic.is_open else 'closed'}, its child is {'open' if child.is_open else 'closed'}",
    )


def _confidential(observed: Observed) -> Verdict:
    is_met = observed.created(items.CONFIDENTIAL).confidential
    return Verdict.of(is_met, "confidential" if is_met else "visible to every member")


def _related(observed: Observed) -> Verdict:
    refusal = observed.refusal(f"create {items.RELATED}")
    return Verdict.of(refusal is None, f"refused: {refusal}" if refusal else "created")


FIELDS = (
    Expectation(
        "labels-are-set-at-creation",
        "Labels that are given by id at the creation of an item are set.",
        "app/services/work_items/callbacks/labels.rb@9bfe01f3",
        "creates an item with two labels",
        _labels_at_creation,
    ),
    Expectation(
        "labels-of-a-scope-exclude-each-other",
        "A scoped label that is added takes the place of the other label of its scope.",
        "ee/app/services/ee/issuable/callbacks/labels.rb (filter_mutually_exclusive_labels)",
        "adds a second label of a scope",
        _exclusive,
    ),
    Expectation(
        "unknown-label-ids-are-dropped",
        "An id of a label that does not exist is ignored, and all else of the update is done.",
        "app/services/labels/available_labels_service.rb@74739c4b",
        "adds a label id that does not exist and removes a label",
        _unknown_label,
    ),
    Expectation(
        "assignees-are-set",
        "A member is assigned at the creation of an item.",
        "app/services/work_items/callbacks/assignees.rb@58340cfe",
        "creates an item that is assigned to the account of the token",
        _assigned,
    ),
    Expectation(
        "assignees-without-access-are-dropped",
        "An assignee who cannot read the project is left out, and all else is done.",
        "app/services/work_items/callbacks/assignees.rb@58340cfe",
        "creates an item that is assigned to the account `ghost`, if it exists and the project is private",
        _stranger,
    ),
    Expectation(
        "issue-dates-are-set",
        "An issue gets the dates that are given at its creation.",
        "app/services/work_items/callbacks/start_and_due_date.rb@bca341fa",
        "creates an item with a due date",
        _issue_dates,
    ),
    Expectation(
        "epic-dates-are-fixed",
        "The dates of an epic are those that were written, whatever dates its children have.",
        "app/services/work_items/callbacks/start_and_due_date.rb@bca341fa (Enterprise Edition: @83560b47)",
        "creates an epic with dates, and children with other dates",
        _epic_dates,
    ),
    Expectation(
        "due-dates-before-start-dates-are-refused",
        "An update after which an issue would be due before it starts is refused.",
        "app/models/issue.rb@0495e2c8 (due_date_after_start_date)",
        "changes the dates of an issue to such dates",
        _date_order,
    ),
    Expectation(
        "parents-are-set-at-creation",
        "An issue is below the epic that is given at its creation.",
        "app/services/work_items/callbacks/hierarchy.rb@4dbbab7b",
        "creates an issue below an epic",
        _parent,
    ),
    Expectation(
        "parents-can-be-changed",
        "An update moves an issue to another epic.",
        "app/services/work_items/callbacks/hierarchy.rb@4dbbab7b",
        "moves an issue to the second epic",
        _new_parent,
    ),
    Expectation(
        "items-are-closed-and-relabelled-in-one-update",
        "One update closes an item and changes its labels.",
        "app/services/issuable_base_service.rb@001f8107",
        "closes an issue and changes its labels",
        _closed,
    ),
    Expectation(
        "closed-items-can-be-reopened",
        "A closed item that is not locked can be reopened.",
        "app/services/issues/reopen_service.rb, app/policies/issue_policy.rb@fa352bf4",
        "closes an issue and reopens it",
        _reopened,
    ),
    Expectation(
        "closing-an-epic-leaves-its-children",
        "An epic can be closed while it has open children, and they stay open.",
        "ee/app/services/ee/issues/close_service.rb@004a9b1c",
        "closes the second epic",
        _closed_parent,
    ),
    Expectation(
        "confidential-items-are-created",
        "An issue can be created as confidential.",
        "app/graphql/mutations/work_items/create.rb@41946e65 (19.2)",
        "creates a confidential issue",
        _confidential,
    ),
    Expectation(
        "items-are-linked-at-creation",
        "An issue can be linked to another one at its creation.",
        "app/services/work_items/callbacks/linked_items.rb@4dbbab7b",
        "creates an issue that is related to another one",
        _related,
    ),
)
