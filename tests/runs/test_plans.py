"""Plans of `psbot apply`, from what was observed."""

from dataclasses import replace

import pytest

from psbot.errors import ExitCode, PsbotError
from tests.support.builders import PROCESS, SHARED
from tests.support.fakes import FakeGitLab
from tests.support.runs import ENGAGEMENT, one, plan_of, run


def test_plan_apply_reads_who_worked_on_items_only_where_it_matters(gitlab: FakeGitLab) -> None:
    run(gitlab)
    gitlab.requests.clear()
    plan_of(gitlab)
    assert "activity" not in gitlab.requests
    plan_of(gitlab, replace(ENGAGEMENT, hosting="on-prem"))
    assert gitlab.requests.count("activity") == 1


def test_cost_counts_the_requests_that_are_made(gitlab: FakeGitLab) -> None:
    promised = plan_of(gitlab).cost(PROCESS.limits)
    gitlab.requests.clear()
    run(gitlab)
    assert len(gitlab.requests) == promised.requests


def test_plan_apply_refuses_when_the_file_names_another_project_than_the_items_are_in(
    gitlab: FakeGitLab,
) -> None:
    run(gitlab)
    other = "acme/delivery/other"
    gitlab.levels[other] = 40
    places = replace(ENGAGEMENT.gitlab, project=other)
    with pytest.raises(PsbotError, match=r"gitlab\.project") as caught:
        run(gitlab, replace(ENGAGEMENT, gitlab=places))
    assert caught.value.exit_code is ExitCode.INPUT
    assert gitlab.by_key("kick-off") == [one(gitlab, "kick-off")]


def test_plan_apply_takes_a_path_for_the_same_when_only_its_case_differs(gitlab: FakeGitLab) -> None:
    run(gitlab)
    upper = SHARED.upper()
    gitlab.levels[upper] = 40
    places = replace(ENGAGEMENT.gitlab, project=upper)
    assert run(gitlab, replace(ENGAGEMENT, gitlab=places)).plan.is_empty


def test_plan_apply_follows_one_item_when_a_person_has_moved_it_to_another_project(
    gitlab: FakeGitLab,
) -> None:
    run(gitlab)
    gitlab.person_edits(one(gitlab, "kick-off").gid, "maria", namespace="acme/delivery/third")
    assert run(gitlab).plan.is_empty
