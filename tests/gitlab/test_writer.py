"""Writes: what is sent, and what each answer means."""

from datetime import date
from typing import Any

import pytest
from responses import matchers

from psbot.core.model.labels import LabelSpec
from psbot.gitlab.connection import Connection
from psbot.gitlab.ports import RateLimited, Unclear
from psbot.gitlab.values import Dates, ItemUpdate, NewItem
from psbot.gitlab.writer import GitLabWriter
from tests.gitlab.answers import BASE, URL, Answers, write


def test_writer_distinguishes_done_refused_and_unclear_within_one_batch(
    answers: Answers, connection: Connection
) -> None:
    done = {"errors": [], "workItem": {"id": "gid://gitlab/WorkItem/1", "iid": "3", "webUrl": f"{BASE}/3"}}
    data = {"write0": done, "write1": {"errors": ["Title is too long"], "workItem": None}, "write2": None}
    hidden = "The resource does not exist or you don't have permission to perform this action"
    errors = [
        {"message": hidden, "path": ["write3"]},
        {"message": "Internal server error", "path": ["write2"]},
    ]
    answers.post(URL, json={"data": data | {"write3": None}, "errors": errors})
    updates = [ItemUpdate(f"gid://gitlab/WorkItem/{number}", title="T") for number in range(4)]
    found = GitLabWriter(connection).update_items(updates)
    assert (found[0].iid, found[0].refusal) == (3, None)
    assert (found[1].refusal, found[1].is_unclear) == ("Title is too long", False)
    assert found[2].is_unclear
    assert not found[3].is_unclear
    assert found[3].refusal == hidden


def test_writer_reports_a_rate_limit_inside_a_payload(answers: Answers, connection: Connection) -> None:
    said = "This endpoint has been requested too many times. Try again later."
    answers.post(URL, json={"data": {"write0": {"errors": [said], "workItem": None}}})
    with pytest.raises(RateLimited):
        write(connection)


def _expecting(answers: Answers, sent: dict[str, object], field: str) -> None:
    made = {"errors": [], field: {"id": "gid://gitlab/X/1"}}
    answers.post(
        URL,
        json={"data": {"write0": made}},
        match=[matchers.json_params_matcher({"variables": {"input0": sent}}, strict_match=False)],
    )


def test_writer_makes_an_epic_with_fixed_dates_in_one_mutation(
    answers: Answers, connection: Connection
) -> None:
    sent = {
        "namespacePath": "acme",
        "workItemTypeId": "type",
        "title": "Acme",
        "confidential": False,
        "descriptionWidget": {"description": "D"},
        "labelsWidget": {"labelIds": ["l"]},
        "startAndDueDateWidget": {"startDate": "2026-12-01", "dueDate": None, "isFixed": True},
    }
    _expecting(answers, sent, "workItem")
    epic = NewItem("acme", "type", "Acme", "D", ("l",), start_on=date(2026, 12, 1), is_epic=True)
    GitLabWriter(connection).create_items([epic])


def test_writer_sends_labels_as_a_delta_and_leaves_out_what_does_not_change(
    answers: Answers, connection: Connection
) -> None:
    sent: dict[str, object] = {
        "id": "i",
        "startAndDueDateWidget": {"startDate": None, "dueDate": "2026-12-01"},
        "labelsWidget": {"addLabelIds": ["a"], "removeLabelIds": ["r"]},
        "stateEvent": "CLOSE",
    }
    _expecting(answers, sent, "workItem")
    dates = Dates(None, date(2026, 12, 1))
    update = ItemUpdate("i", dates=dates, add_labels=("a",), remove_labels=("r",), is_open=False)
    GitLabWriter(connection).update_items([update])


def test_writer_makes_labels_of_the_group(answers: Answers, connection: Connection) -> None:
    sent: dict[str, object] = {"groupPath": "acme", "title": "a::b", "color": "#123456", "description": "d"}
    _expecting(answers, sent, "label")
    GitLabWriter(connection).create_labels("acme", [LabelSpec("a::b", "#123456", "d")])


@pytest.mark.parametrize("payload", [None, {"workItem": None}])
@pytest.mark.parametrize(
    "said",
    [
        "Request denied. Spam detected",
        "Following widget keys are not supported by Issue type: [:color_widget]",
        "No more than 10 work items can be linked at the same time.",
        "Epic type is not available for the given group",
        'No object found for `id: "gid://gitlab/WorkItem/1"`',
        "Request denied. Solve CAPTCHA challenge and retry",
        "You cannot perform write operations on a read-only instance",
    ],
)
def test_writer_takes_an_item_for_refused_when_gitlab_says_that_it_wrote_nothing(
    answers: Answers, connection: Connection, said: str, payload: object
) -> None:
    error = {"message": said, "path": ["write0"]}
    answers.post(URL, json={"data": {"write0": payload}, "errors": [error]})
    (found,) = GitLabWriter(connection).update_items([ItemUpdate("gid://gitlab/WorkItem/1", title="T")])
    assert (found.refusal, found.is_unclear) == (said, False)


def _refuse(answers: Answers, *messages: str) -> None:
    answers.post(URL, json={"data": {"write0": {"errors": list(messages), "workItem": None}}})


@pytest.mark.parametrize(
    "fields", [{"is_open": False}, {"add_labels": ("a",)}, {"remove_labels": ("r",), "title": "T"}]
)
def test_refused_update_with_a_state_or_labels_may_be_carried_out_in_part(
    answers: Answers, connection: Connection, fields: dict[str, Any]
) -> None:
    _refuse(answers, "Due date must be greater than or equal to start date")
    (found,) = GitLabWriter(connection).update_items([ItemUpdate("i", **fields)])
    assert (found.is_partial, found.is_unclear) == (True, False)


def test_refused_update_of_other_fields_is_not_carried_out(answers: Answers, connection: Connection) -> None:
    _refuse(answers, "Title is too long")
    (found,) = GitLabWriter(connection).update_items([ItemUpdate("i", title="T")])
    assert not found.is_partial


@pytest.mark.parametrize(("related", "is_partial"), [(("gid://gitlab/WorkItem/1",), True), ((), False)])
def test_refused_creation_may_have_created_an_item_that_was_to_be_linked(
    answers: Answers, connection: Connection, related: tuple[str, ...], is_partial: bool
) -> None:
    _refuse(answers, "No matching work item found.")
    item = NewItem("acme/p", "type", "T", "D", ("l",), related=related)
    (found,) = GitLabWriter(connection).create_items([item])
    assert found.is_partial is is_partial


@pytest.mark.parametrize(
    ("is_open", "state", "is_refused"),
    [(True, "CLOSED", True), (True, "OPEN", False), (False, "OPEN", True), (False, "CLOSED", False)],
)
def test_update_whose_answer_still_has_the_old_state_is_a_refusal(
    answers: Answers, connection: Connection, is_open: bool, state: str, is_refused: bool
) -> None:
    made = {"id": "gid://gitlab/WorkItem/1", "iid": "1", "webUrl": f"{BASE}/1", "state": state}
    answers.post(URL, json={"data": {"write0": {"errors": [], "workItem": made}}})
    (found,) = GitLabWriter(connection).update_items([ItemUpdate("i", is_open=is_open)])
    assert found.refusal is None
    assert (found.state_refusal is not None) is is_refused


def test_server_error_at_a_creation_names_the_limit_that_older_servers_may_have_reached(
    answers: Answers, connection: Connection
) -> None:
    answers.post(URL, status=500, json={"errors": [{"message": "Internal server error"}]})
    with pytest.raises(Unclear, match="limit on creating issues"):
        GitLabWriter(connection).create_items([NewItem("acme/p", "type", "T", "D", ())])


def test_rate_limit_at_a_creation_says_what_was_limited(answers: Answers, connection: Connection) -> None:
    answers.post(URL, status=429, json={"errors": [{"message": "requested too many times"}]})
    with pytest.raises(RateLimited, match="while items were created"):
        GitLabWriter(connection).create_items([NewItem("acme/p", "type", "T", "D", ())])
