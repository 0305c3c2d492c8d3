"""Items that people move, delete, copy, unmark, unhang or open themselves."""

from collections.abc import Callable

import pytest

from psbot.errors import ExitCode
from tests.scenarios.driver import Shown, Story, example
from tests.scenarios.people import Person

People = Callable[[str], Person]
SHARED, INTERNAL = "acme/delivery/project", "acme/delivery/internal"


def only(found: list[Shown]) -> Shown:
    """Return the one open item of *found*."""
    (one,) = [each for each in found if each.is_open]
    return one


def test_item_that_was_moved_within_the_group_is_the_item_and_what_it_left_is_ignored(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    person("paul").carries("kick-off", INTERNAL)
    when.applied(kick_off_on="2026-12-10")
    assert sorted((each.place, each.is_open, each.due) for each in then.items("kick-off")) == [
        (INTERNAL, True, "2026-12-10"),
        (SHARED, False, "2026-12-01"),
    ]
    assert ("create-child", "kick-off") not in then.operations


def test_item_that_was_moved_away_is_made_again_and_what_it_left_is_ignored(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    open_attic(given, "maria", "psbot-bot")
    person("maria").carries("kick-off", "attic/old")
    when.applied()
    assert sorted((each.place, each.is_open) for each in then.items("kick-off")) == [
        (SHARED, False),
        (SHARED, True),
        ("attic/old", True),
    ]
    assert then.operations == [("create-child", "kick-off")]


def test_item_that_was_moved_where_psbot_cannot_look_counts_as_closed(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    open_attic(given, "maria")
    person("maria").carries("kick-off", "attic/old")
    assert when.applied().is_empty
    assert sorted((each.place, each.is_open) for each in then.items("kick-off")) == [
        (SHARED, False),
        ("attic/old", True),
    ]


def open_attic(story: Story, *usernames: str) -> None:
    """Add a project outside the customer's group with maintainers."""
    members = [{"place": "attic/old", "username": name, "role": "MAINTAINER"} for name in usernames]
    story.control("POST", "/data", projects=["attic/old"], members=members)


def test_deleted_item_is_made_again(given: Story, when: Story, then: Story, person: People) -> None:
    given.applied("acme-aws")
    person("dora").deletes("kick-off")
    assert not then.has("kick-off")
    when.applied()
    made = then.item("kick-off")
    assert (made.due, made.assignees, made.item_state) == ("2026-12-01", ["paul"], "todo")
    assert then.operations == [("create-child", "kick-off")]


def test_deleted_item_stays_away_when_the_file_skips_it(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    person("dora").deletes("welcome-email")
    when.applied(skip={"welcome-email": "sent by the account team"})
    assert not then.has("welcome-email")


def test_copy_by_one_of_the_people_is_a_finding_and_the_older_one_stays_the_item(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    copy = person("paul").clones("kick-off")
    person("paul").retitles(copy, "Kick-off, second try")
    when.applied(kick_off_on="2026-12-10")
    assert {each.title: each.due for each in then.items("kick-off")} == {
        "Kick-off: Acme Corp": "2026-12-10",
        "Kick-off, second try": "2026-12-01",
    }
    assert all(each.is_open for each in then.items("kick-off"))
    assert ("duplicate", "kick-off") in then.findings


def test_copy_by_one_of_the_people_becomes_the_item_when_the_original_is_deleted(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    person("paul").clones("kick-off")
    person("dora").deletes("kick-off")
    when.applied(kick_off_on="2026-12-10")
    kick_off = then.item("kick-off")
    assert (kick_off.author, kick_off.due) == ("paul", "2026-12-10")


def test_customers_copy_is_no_item(given: Story, when: Story, then: Story, person: People) -> None:
    given.applied("acme-aws")
    copy = person("ada").clones("kick-off")
    person("ada").retitles(copy, "Kick-off at our place")
    when.applied(kick_off_on="2026-12-10")
    assert {each.title: each.due for each in then.items("kick-off")} == {
        "Kick-off: Acme Corp": "2026-12-10",
        "Kick-off at our place": "2026-12-01",
    }
    assert ("untrusted-marker", "kick-off") in then.findings


def test_item_is_made_again_when_only_the_customers_copy_is_left(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    person("ada").clones("kick-off")
    person("dora").deletes("kick-off")
    when.applied()
    assert sorted(each.author for each in then.items("kick-off")) == ["ada", "psbot-bot"]


def test_marker_that_a_customer_forges_puts_no_item_under_their_hand(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws", skip={"project-summary": "written by the customer"})
    forged = "<!-- psbot: engagement=acme-sow-142 item=project-summary -->\nOurs.\n"
    person("ada").opens("Ours", SHARED, forged, labels="ps-kind::project-summary")
    when.applied(skip=None)
    assert sorted(each.title for each in then.items("project-summary")) == [
        "Ours",
        "Project summary: Acme Corp",
    ]


@pytest.mark.parametrize("key", ["kick-off", "epic", "log"])
def test_marker_is_given_back_above_the_words_when_a_person_has_removed_it(
    key: str, given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    words, count = then.item(key).words, len(then.everything)
    person("maria").unmarks(key)
    assert not then.has(key)
    when.applied()
    assert then.item(key).words == words
    assert len(then.everything) == count


def test_occurrence_without_its_marker_gets_it_back_by_its_title_and_due_date(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    count = len(then.everything)
    person("maria").unmarks("standup/2026-W49")
    when.applied()
    assert then.has("standup/2026-W49")
    assert len(then.everything) == count


def test_occurrence_without_its_marker_and_with_another_title_is_reported_since_it_could_be_any(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    person("maria").retitles("standup/2026-W49", "Standup")
    person("maria").unmarks("standup/2026-W49")
    when.applied()
    said = [finding.message for finding in then.plan.findings if finding.code == "marker-missing"]
    assert len(said) == 1
    assert said[0].startswith("acme/delivery/internal#")
    assert "has the kind label of standup but no marker" in said[0]


@pytest.mark.parametrize("key", ["kick-off", "epic"])
def test_marker_stands_on_top_again_when_a_person_has_written_above_it(
    key: str, given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    whole, count = then.item(key).description, len(then.everything)
    person("maria").changes(key, descriptionWidget={"description": f"Read this first.\n\n{whole}"})
    when.applied()
    assert then.item(key).words == f"Read this first.\n\n{whole.partition(chr(10))[2]}"
    assert then.item(key).first_line == whole.partition(chr(10))[0]
    assert len(then.everything) == count


def test_fields_count_as_peoples_when_the_marker_came_back_without_its_memory(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    person("maria").unmarks("kick-off")
    given.applied()
    when.applied(kick_off_on="2026-12-10")
    assert then.item("kick-off").due == "2026-12-01"
    assert ("kick-off", "due_on") in then.kept


def test_item_is_hung_under_the_epic_again_when_a_person_has_taken_it_out(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    person("paul").unhangs("kick-off")
    assert then.item("kick-off").parent is None
    when.applied()
    assert then.item("kick-off").parent_title == "Acme Corp: SOW-2026-142"


def test_run_is_refused_when_the_epic_is_deleted_and_its_children_are_left(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    person("dora").deletes("epic")
    error = when.refused()
    assert error.exit_code is ExitCode.GITLAB
    assert "if the epic was deleted or moved, restore it" in str(error)
    assert "acme/delivery/project#1" in str(error)
    assert not then.has("epic")


def test_engagement_starts_afresh_when_all_of_it_was_deleted(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("umbrella-quote")
    for key in ("log", "quote-to-sign-off", "epic"):
        person("dora").deletes(key)
    when.applied()
    assert then.made() == {"log", "quote-to-sign-off", "epic"}


def _people(words: str) -> str:
    """What is left of a change request's words below what psbot fills in."""
    return words.partition("<!-- psbot end: instrument -->\n\n")[2]


def test_change_request_of_a_person_gets_its_marker_above_the_persons_words(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    opener = person("pia")
    opener.opens("More users", INTERNAL, "2,000 instead of 1,200.", "ps-kind::change-request", under="epic")
    opener.opens("SSO", INTERNAL, "With Okta.", "ps-kind::change-request", under="epic")
    when.applied()
    first, second = then.item("change-request/1"), then.item("change-request/2")
    assert (first.title, _people(first.words)) == ("More users", "2,000 instead of 1,200.")
    assert (second.title, _people(second.words)) == ("SSO", "With Okta.")
    assert "| Missing fields | Hours," in first.words
    assert (first.author, first.assignees, first.due) == ("pia", [], None)


def test_issue_of_a_person_that_is_nothing_of_psbots_stays_as_it_is(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    person("ada").opens("Question", SHARED, "When is the call?")
    person("paul").opens("Answer", SHARED, "On Tuesday.", under="epic")
    before = [each for each in then.everything if each.title in ("Question", "Answer")]
    when.applied(kick_off_on="2026-12-10")
    assert [each for each in then.everything if each.title in ("Question", "Answer")] == before
    assert len(before) == 2


def test_two_engagements_of_one_group_do_not_mix(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    other = {"engagement": "acme-sow-14", "customer": "Acme Labs", "sow": "SOW-2026-14"}
    given.applied("acme-aws", **other)
    assert then.made() == {key for key in ITEMS}
    mine = {key: then.item(key) for key in ITEMS}
    person("dora").deletes("kick-off")
    given.file = example("acme-aws")
    theirs = {key: then.item(key) for key in ITEMS}
    assert {each.parent_title for key, each in theirs.items() if key != "epic"} == {"Acme Corp: SOW-2026-142"}
    when.applied(kick_off_on="2026-12-10", skip={"welcome-email": "sent by the account team"})
    assert then.operations == [
        ("reschedule", "epic"),
        ("redescribe", "epic"),
        ("close", "welcome-email"),
        ("reschedule", "kick-off"),
        ("close", "standup/2026-W49"),
        ("reschedule", "intake-aws"),
    ]
    assert {key: then.items(key, "acme-sow-14") for key in ITEMS} == {
        key: [] if key == "kick-off" else [item] for key, item in mine.items()
    }


ITEMS = {
    "epic",
    "log",
    "quote-to-sign-off",
    "welcome-email",
    "kick-off",
    "intake-aws",
    "standup/2026-W49",
    "standup/2026-W50",
    "project-summary",
    "sign-off",
    "financial-wrap-up",
    "post-mortem",
}
