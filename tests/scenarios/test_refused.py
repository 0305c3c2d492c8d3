"""What is found before the first write: people, roles, places, editions, tokens."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from psbot.errors import ExitCode
from psbot.sandbox.rules.creation_limit import limit_creations
from tests.scenarios.driver import Story
from tests.scenarios.people import Person

People = Callable[[str], Person]


def member(story: Story, username: str, role: str, place: str) -> None:
    """Give somebody a role; who is not there yet gets an account."""
    people = [{"username": username}]
    story.control(
        "POST", "/data", people=people, members=[{"place": place, "username": username, "role": role}]
    )


def test_everybody_who_is_missing_is_named_at_once_before_the_first_write(
    given: Story, when: Story, then: Story
) -> None:
    given.control("POST", "/data", people=[{"username": "stranger"}])
    error = when.refused("acme-aws", people={"manager": "nobody", "engineers": ["stranger"]})
    assert error.exit_code is ExitCode.GITLAB
    assert "GitLab has no user nobody" in str(error)
    assert "stranger is not a member of acme/delivery/project" in str(error)
    assert "stranger is not a member of acme/delivery/internal" in str(error)
    assert (then.everything, then.state()["labels"]) == ([], [])


def test_new_lead_who_is_no_member_is_assigned_nothing_and_everything_else_is_done(
    given: Story, when: Story, then: Story
) -> None:
    given.applied("acme-aws")
    given.written(kick_off_on="2026-12-10", people={"engineers": ["nobody"]})
    done = when.run()
    assert done.exit_code is ExitCode.GITLAB
    assert "GitLab has no user nobody" in str(done.error)
    assert (then.item("kick-off").due, then.item("kick-off").assignees) == ("2026-12-10", ["paul"])


@pytest.mark.parametrize("key", ["project", "internal_project", "group"])
def test_place_that_is_missing_is_named_with_its_key(key: str, when: Story) -> None:
    places = {
        "project": {"project": "acme/delivery/none"},
        "internal_project": {"internal_project": "acme/delivery/none"},
        "group": {
            "group": "acme/none",
            "project": "acme/none/project",
            "internal_project": "acme/none/internal",
        },
    }[key]
    error = when.refused("acme-aws", gitlab=places)
    assert error.exit_code is ExitCode.GITLAB
    assert f"(gitlab.{key})" in str(error)
    assert "/none" in str(error)


def test_all_places_that_are_missing_are_named_at_once(when: Story) -> None:
    places = {"project": "acme/delivery/none", "internal_project": "acme/delivery/nothing"}
    error = when.refused("acme-aws", gitlab=places)
    assert "acme/delivery/none (gitlab.project)" in str(error)
    assert "acme/delivery/nothing (gitlab.internal_project)" in str(error)


@pytest.mark.parametrize("role", ["GUEST", "NONE"])
def test_role_that_is_too_low_is_refused(role: str, given: Story, when: Story) -> None:
    member(given, "robot", role, "acme")
    error = when.refused("acme-aws", by="robot", people={"delivery_lead": "robot"})
    assert error.exit_code is ExitCode.GITLAB
    assert "acme/delivery" in str(error)


@pytest.mark.parametrize("project", ["project", "internal"])
def test_archived_project_is_refused(project: str, given: Story, when: Story, person: People) -> None:
    given.applied("acme-aws")
    person("dora").archives(f"acme/delivery/{project}")
    error = when.refused(kick_off_on="2026-12-10")
    assert error.exit_code is ExitCode.GITLAB
    assert f"acme/delivery/{project} is archived" in str(error)


def test_edition_without_epics_is_refused(given: Story, when: Story) -> None:
    given.control("POST", "/settings", edition="free")
    error = when.refused("acme-aws")
    assert error.exit_code is ExitCode.GITLAB
    assert "Premium" in str(error)


def test_premium_edition_is_enough(given: Story, when: Story, then: Story) -> None:
    given.control("POST", "/settings", edition="premium")
    when.applied("acme-aws")
    assert then.item("kick-off").parent_title == "Acme Corp: SOW-2026-142"


def test_manager_may_apply_with_a_token_of_her_own(when: Story, then: Story) -> None:
    when.applied("acme-aws", by="maria", gitlab={"label_group": None})
    assert {one.author for one in then.everything} == {"maria"}


def test_token_of_somebody_whose_items_would_not_count_is_refused(given: Story, when: Story) -> None:
    member(given, "stranger", "MAINTAINER", "acme")
    error = when.refused("acme-aws", by="stranger")
    assert error.exit_code is ExitCode.GITLAB
    assert "stranger" in str(error)


def test_token_of_a_customer_is_refused(when: Story) -> None:
    assert when.refused("acme-aws", by="ada").exit_code is ExitCode.GITLAB


def test_account_that_may_not_make_labels_is_refused_when_some_are_missing(given: Story, when: Story) -> None:
    error = when.refused("acme-aws", by="maria")
    assert error.exit_code is ExitCode.GITLAB
    assert "acme (gitlab.label_group)" in str(error)


def test_account_that_may_not_make_labels_is_enough_when_all_are_there(
    given: Story, when: Story, then: Story
) -> None:
    given.applied("acme-aws")
    when.applied(by="maria", kick_off_on="2026-12-10")
    assert then.item("kick-off").due == "2026-12-10"


@pytest.mark.parametrize(
    "places",
    [
        {"project": "acme/delivery/other"},
        {"internal_project": "acme/delivery/other"},
        {"project": "acme/delivery/internal", "internal_project": "acme/delivery/project"},
        {"group": "acme"},
    ],
    ids=["project", "internal project", "both swapped", "group"],
)
def test_changed_places_of_an_engagement_that_exists_are_refused(
    places: dict[str, str], given: Story, when: Story
) -> None:
    given.control("POST", "/data", projects=["acme/delivery/other"])
    given.applied("acme-aws")
    error = when.refused(gitlab=places)
    assert error.exit_code is ExitCode.INPUT
    assert "restore" in error.hint
    assert all(path in str(error) for path in places.values())


def test_run_is_refused_when_the_one_who_made_the_epic_is_no_longer_of_the_engagement(
    given: Story, when: Story, then: Story
) -> None:
    given.applied("acme-aws", by="maria", gitlab={"label_group": None})
    error = when.refused(people={"manager": "dora", "delivery_lead": None})
    assert error.exit_code is ExitCode.GITLAB
    assert "maria" in str(error)
    assert "acme/delivery&1" in str(error)


def test_run_goes_on_when_the_one_who_made_the_epic_stays_among_the_people(
    given: Story, when: Story, then: Story
) -> None:
    given.applied("acme-aws", by="maria", gitlab={"label_group": None})
    when.applied(people={"manager": "dora", "delivery_lead": "maria"})
    assert then.item("sign-off").assignees == ["dora"]


@pytest.mark.parametrize("role", ["PLANNER", "REPORTER"])
def test_planner_and_above_may_apply(role: str, given: Story, when: Story, then: Story) -> None:
    member(given, "robot", role, "acme")
    when.applied("acme-aws", by="robot", people={"delivery_lead": "robot"})
    assert then.item("kick-off").due == "2026-12-01"


def test_changed_key_is_refused_because_the_same_epic_is_there_under_another(
    given: Story, when: Story
) -> None:
    given.applied("acme-aws")
    error = when.refused(engagement="acme-sow-0142")
    assert error.exit_code is ExitCode.INPUT
    found = "acme/delivery&1 of acme-sow-142 already exists for the same customer and statement of work"
    assert found in str(error)
    given.applied(engagement="acme-sow-0142", sow="SOW-2026-0142")


@pytest.mark.parametrize("status", [429, 500])
def test_run_ends_whole_when_it_meets_the_limit_on_creating_items(
    status: int, given: Story, when: Story, then: Story
) -> None:
    limit_creations(given.sandbox.world, 4, status)
    wait = when._wait

    def pass_time(seconds: float) -> None:
        wait(seconds)
        given.sandbox.world.clock.advance(timedelta(seconds=seconds))

    when._wait = pass_time  # type: ignore[method-assign]
    when.written("acme-aws")
    for _ in range(6):
        if when.run().exit_code is ExitCode.DONE:
            break
    limit_creations(given.sandbox.world, 1000)
    keys = sorted(then.made())
    assert len(keys) == len(set(keys))
    assert then.run().plan.is_empty
