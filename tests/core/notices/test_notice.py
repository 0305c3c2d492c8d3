"""Notices under the codes of earlier versions: recognised, edited in place and resolved, never posted twice."""

import pytest

from psbot.core.model.finding import Finding, Severity
from psbot.core.model.history import Notice
from psbot.core.model.item import Item
from psbot.core.notices.notice import parse_identity, plan_notices
from tests.support.builders import INTERNAL

LOG = Item("log", "engagement-log", INTERNAL, "Engagement log", "", gid="gid://gitlab/WorkItem/1", iid=1)
FORMER = {
    "does-not-count:kick-off": "unauthorized-change:kick-off",
    "illegal-phase:epic": "transition-refused:epic",
    "in-customers-sight:change-request/1": "visible-to-customer:change-request/1",
    "instrument-differs:change-request/1": "instrument-mismatch:change-request/1",
    "no-phase:epic": "no-phase:epic",
}


def standing(identity: str, text: str, *, is_edited: bool = False) -> Notice:
    body = f"<!-- psbot notice: {identity} -->\n{text}\n"
    return Notice(parse_identity(body) or "", body, "gid://gitlab/Note/7", is_edited)


def finding(identity: str, message: str) -> Finding:
    code, _, item = identity.partition(":")
    return Finding(code, Severity.WARNING, message, item)


@pytest.mark.parametrize(("former", "present"), FORMER.items())
def test_notice_under_a_former_code_is_that_of_the_finding(former: str, present: str) -> None:
    assert parse_identity(f"<!-- psbot notice: {former} -->\nIt moved\n") == present
    notice = standing(former, "It moved")
    assert list(plan_notices(LOG, [finding(present, "It moved")], [notice])) == []
    (edit,) = plan_notices(LOG, [finding(present, "It moved again")], [notice])
    assert (edit.note_gid, edit.identity) == (notice.gid, present)
    assert edit.body == f"<!-- psbot notice: {present} -->\nIt moved again\n"
    (resolved,) = plan_notices(LOG, [], [notice])
    assert resolved.note_gid == notice.gid
    assert resolved.body == f"<!-- psbot notice: {present} -->\nResolved: It moved\n"


def test_notice_under_a_former_code_that_a_person_edited_is_left_alone() -> None:
    notice = standing("does-not-count:kick-off", "We know", is_edited=True)
    assert list(plan_notices(LOG, [finding("unauthorized-change:kick-off", "It moved")], [notice])) == []


@pytest.mark.parametrize("prefix", ["Resolved: ", "Reverted: ", "Taken back: "])
def test_notice_that_is_done_needs_no_resolving_and_is_posted_anew(prefix: str) -> None:
    notice = standing("does-not-count:kick-off", f"{prefix}It moved")
    assert list(plan_notices(LOG, [], [notice])) == []
    (new,) = plan_notices(LOG, [finding("unauthorized-change:kick-off", "It moved")], [notice])
    assert new.note_gid is None


def test_notice_that_an_earlier_version_escaped_differently_is_not_edited() -> None:
    notice = standing(
        "unauthorized-change:kick-off", "moved by jane@\u2060acme.com, see #\u206012, \u2060/close, $\u20605"
    )
    message = "moved by jane@acme.com, see #12, /close, $5"
    assert list(plan_notices(LOG, [finding("unauthorized-change:kick-off", message)], [notice])) == []
