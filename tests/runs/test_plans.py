"""Plans of `psbot apply`, from what was observed."""

from dataclasses import replace

import pytest

from psbot.errors import ExitCode, PsbotError
from tests.support.builders import PROCESS, SHARED
from tests.support.fakes import FakeGitLab
from tests.support.runs import ENGAGEMENT, one, plan_of, run


def test_plan_apply_reads_who_worked_on_items_only_where_it_matters(forge: FakeGitLab) -> None:
    run(forge)
    forge.requests.clear()
    plan_of(forge)
    assert "activity" not in forge.requests
    plan_of(forge, replace(ENGAGEMENT, hosting="on-prem"))
    assert forge.requests.count("activity") == 1


def test_cost_counts_the_requests_that_are_made(forge: FakeGitLab) -> None:
    promised = plan_of(forge).cost(PROCESS.limits)
    forge.requests.clear()
    run(forge)
    assert len(forge.requests) == promised.requests


def test_plan_apply_refuses_when_the_file_names_another_project_than_the_items_are_in(
    forge: FakeGitLab,
) -> None:
    run(forge)
    other = "acme/delivery/other"
    forge.levels[other] = 40
    places = replace(ENGAGEMENT.gitlab, project=other)
    with pytest.raises(PsbotError, match=r"gitlab\.project") as caught:
        run(forge, replace(ENGAGEMENT, gitlab=places))
    assert caught.value.exit_code is ExitCode.INPUT
    assert forge.by_key("kick-off") == [one(forge, "kick-off")]


def test_plan_apply_takes_a_path_for_the_same_when_only_its_case_differs(forge: FakeGitLab) -> None:
    run(forge)
    upper = SHARED.upper()
    forge.levels[upper] = 40
    places = replace(ENGAGEMENT.gitlab, project=upper)
    assert run(forge, replace(ENGAGEMENT, gitlab=places)).plan.is_empty


def test_plan_apply_follows_one_item_when_a_person_has_moved_it_to_another_project(forge: FakeGitLab) -> None:
    run(forge)
    forge.person_edits(one(forge, "kick-off").gid, "maria", namespace="acme/delivery/third")
    assert run(forge).plan.is_empty
