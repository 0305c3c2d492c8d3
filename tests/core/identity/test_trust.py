"""Whom psbot trusts, and where a marker belongs."""

from typing import Any

import pytest

from psbot.core.identity.trust import TrustRules, assess_trust
from psbot.core.model.engagement import GitLabPaths
from psbot.core.model.work_item import Author
from tests.core.identity.items import BOT, CUSTOMER, GHOST, PAUL, epic, work_item
from tests.support.builders import GROUP, INTERNAL, LABEL_GROUP, PROCESS, SHARED, engagement, process

EPIC = epic(number=1)


def rules(**changes: Any) -> TrustRules:
    return TrustRules(engagement(**changes), PROCESS, EPIC, frozenset({EPIC.gid}))


@pytest.mark.parametrize(
    ("author", "is_child", "is_trusted"),
    [
        (BOT, False, True),
        (PAUL, False, True),
        (Author("maria"), False, True),
        (CUSTOMER, True, False),
        (GHOST, True, True),
        (GHOST, False, False),
        (None, True, False),
    ],
)
def test_author_is_trusted(author: Author | None, is_child: bool, is_trusted: bool) -> None:
    item = work_item("kick-off", author, parent=EPIC if is_child else None)
    assert rules().is_trusted(item) is is_trusted


def test_account_of_config_is_trusted_like_a_machine() -> None:
    item = work_item("kick-off", CUSTOMER)
    listed = process(machine_accounts=frozenset({"ada"}))
    assert assess_trust(engagement(), listed, frozenset(), item).is_trusted


def test_everybody_may_create_an_item_on_demand_below_the_epic() -> None:
    assert rules().is_on_demand(work_item(None, CUSTOMER, parent=EPIC, label="change-request"))
    assert not rules().is_on_demand(work_item(None, CUSTOMER, label="change-request"))
    assert not rules().is_on_demand(work_item(None, CUSTOMER, parent=EPIC, label="kick-off"))


@pytest.mark.parametrize(
    ("key", "place", "is_child", "is_misplaced"),
    [
        ("kick-off", SHARED, False, False),
        ("kick-off", SHARED.upper(), False, False),
        ("kick-off", "other/project", False, True),
        ("kick-off", "other/project", True, False),
        ("log", INTERNAL, False, False),
        ("log", SHARED, True, True),
        ("change-request/1", SHARED, True, False),
        ("epic", SHARED, True, True),
    ],
)
def test_marker_is_misplaced(key: str, place: str, is_child: bool, is_misplaced: bool) -> None:
    item = work_item(key, place=place, parent=EPIC if is_child else None)
    assert rules().is_misplaced(item) is is_misplaced


@pytest.mark.parametrize("confidential", [True, False])
def test_internal_item_in_a_project_that_the_customer_reads_must_be_confidential(confidential: bool) -> None:
    paths = GitLabPaths(GROUP, SHARED, None, LABEL_GROUP)
    item = work_item("log", place=SHARED, confidential=confidential)
    assert rules(gitlab=paths).is_misplaced(item) is not confidential
