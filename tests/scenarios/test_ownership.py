"""Who owns a field: title, dates and people follow the file until a person changes them; words are people's."""

from collections.abc import Callable

import pytest

from tests.scenarios.driver import Story
from tests.scenarios.people import Person

People = Callable[[str], Person]


def test_unchanged_fields_follow_when_the_file_changes(given: Story, when: Story, then: Story) -> None:
    given.applied("acme-aws")
    when.applied(customer="Acme Ltd", kick_off_on="2026-12-02", people={"engineers": ["petra"]})
    kick_off = then.item("kick-off")
    assert (kick_off.title, kick_off.due, kick_off.assignees) == (
        "Kick-off: Acme Ltd",
        "2026-12-02",
        ["petra"],
    )
    epic = then.item("epic")
    assert (epic.title, epic.start, epic.due) == ("Acme Ltd: SOW-2026-142", "2026-12-02", "2027-02-26")
    assert then.kept == set()


def test_unchanged_fields_follow_again_when_the_file_changes_twice(
    given: Story, when: Story, then: Story
) -> None:
    given.applied("acme-aws")
    given.applied(kick_off_on="2026-12-02")
    when.applied(kick_off_on="2026-12-03")
    assert then.item("kick-off").due == "2026-12-03"


@pytest.mark.parametrize("field", ["title", "due_on", "assignee"])
def test_persons_value_is_kept_and_reported_when_the_file_stays(
    field: str, given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    act_on(person("petra"), field)
    when.applied()
    kick_off = then.item("kick-off")
    assert (kick_off.title, kick_off.due, kick_off.assignees) == expected(field)
    assert then.kept == {("kick-off", field)}
    assert then.operations in ([], [("redescribe", "epic")])


@pytest.mark.parametrize("field", ["title", "due_on", "assignee"])
def test_persons_value_is_kept_and_the_others_follow_when_both_changed(
    field: str, given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    act_on(person("petra"), field)
    when.applied(customer="Acme Ltd", kick_off_on="2026-12-10", people={"engineers": ["dora"]})
    kick_off = then.item("kick-off")
    follows = ("Kick-off: Acme Ltd", "2026-12-10", ["dora"])
    assert (kick_off.title, kick_off.due, kick_off.assignees) == expected(field, follows)
    assert then.kept == {("kick-off", field)}


def act_on(someone: Person, field: str) -> None:
    """Change one field of the kick-off."""
    match field:
        case "title":
            someone.retitles("kick-off", "Kick-off on site")
        case "due_on":
            someone.moves("kick-off", "2026-12-03")
        case "assignee":
            someone.gives("kick-off", "petra", "pia")


def expected(
    field: str, others: tuple[str, str, list[str]] = ("Kick-off: Acme Corp", "2026-12-01", ["paul"])
) -> tuple[str, str, list[str]]:
    """Return title, due date and assignees: what was set by hand, and *others*."""
    title, due, assignees = others
    return {
        "title": ("Kick-off on site", due, assignees),
        "due_on": (title, "2026-12-03", assignees),
        "assignee": (title, due, ["petra", "pia"]),
    }[field]


def test_kept_value_names_what_the_file_says_what_gitlab_has_and_why(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    person("paul").moves("kick-off", "2026-12-03")
    when.applied(kick_off_on="2026-12-10")
    (kept,) = then.plan.kept
    assert (kept.file, kept.gitlab) == ("2026-12-10", "2026-12-03")
    assert "changed in GitLab since psbot wrote" in kept.reason
    assert "2026-12-01" in kept.reason


def test_value_follows_the_file_again_when_the_person_has_put_it_back(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    person("paul").moves("kick-off", "2026-12-03")
    given.applied()
    person("paul").moves("kick-off", "2026-12-01")
    when.applied(kick_off_on="2026-12-10")
    assert then.item("kick-off").due == "2026-12-10"


def test_nobody_and_no_date_are_values_when_a_person_has_chosen_them(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    person("paul").gives("intake-aws")
    person("paul").moves("intake-aws", None)
    when.applied(kick_off_on="2026-12-10", people={"engineers": ["petra"]})
    intake = then.item("intake-aws")
    assert (intake.due, intake.assignees) == (None, [])
    assert then.kept == {("intake-aws", "assignee"), ("intake-aws", "due_on")}
    assert "| Intake (AWS): Acme Corp | to be assigned | no due date |" in then.item("epic").words


def test_start_of_the_epic_is_kept_and_its_end_follows_when_a_person_set_the_start(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    person("maria").starts("epic", "2026-11-30")
    when.applied(kick_off_on="2026-12-02", ends_on="2027-03-05")
    epic = then.item("epic")
    assert (epic.start, epic.due) == ("2026-11-30", "2027-03-05")
    assert then.kept == {("epic", "start_on")}
    assert then.has_fixed_dates("acme/delivery")


@pytest.mark.parametrize(
    ("before", "after"),
    [("due=2026-12-01", "due=soon"), (" due=2026-12-01", "")],
    ids=["unreadable", "missing"],
)
def test_date_counts_as_changed_by_people_when_the_memory_of_it_is(
    before: str, after: str, given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    person("petra").rewrites("kick-off", before, after)
    when.applied(customer="Acme Ltd", kick_off_on="2026-12-10")
    kick_off = then.item("kick-off")
    assert (kick_off.title, kick_off.due) == ("Kick-off: Acme Ltd", "2026-12-01")
    assert then.kept == {("kick-off", "due_on")}


def test_unknown_words_in_a_marker_are_kept_when_the_item_is_written(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    person("petra").rewrites("kick-off", "item=kick-off ", "item=kick-off crm=0063 ")
    when.applied(kick_off_on="2026-12-10")
    kick_off = then.item("kick-off")
    assert kick_off.due == "2026-12-10"
    assert " crm=0063 " in kick_off.first_line


def test_ticks_and_words_stay_when_the_date_beside_them_follows_the_file(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    person("paul").ticks("kick-off", "Deck ready")
    person("ada").rewrites("kick-off", "## Agenda", "Lunch is on us.\n\n## Agenda")
    words = then.item("kick-off").words
    when.applied(kick_off_on="2026-12-10")
    kick_off = then.item("kick-off")
    assert (kick_off.due, kick_off.words) == ("2026-12-10", words)
    assert "- [x] Deck ready" in words
    assert "Lunch is on us." in words


def test_words_stay_as_they_were_written_when_the_file_says_something_else(
    given: Story, when: Story, then: Story
) -> None:
    given.applied("acme-aws")
    words = then.item("kick-off").words
    assert "SOW-2026-142" in words
    when.applied(sow="SOW-2026-143", contract="time-and-materials")
    assert then.item("kick-off").words == words


def test_progress_stays_where_people_have_dragged_it(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    person("paul").labels("kick-off", add="ps-state::doing,urgent")
    person("maria").labels("log", add="ps-health::red", remove="ps-state::todo")
    when.applied(kick_off_on="2026-12-10")
    assert then.item("kick-off").labels == ["ps-kind::kick-off", "ps-state::doing", "urgent"]
    assert then.item("log").labels == ["ps-health::red", "ps-kind::engagement-log"]


@pytest.mark.parametrize("other", ["", "ps-kind::call"])
def test_kind_label_is_given_back_and_nothing_else_when_a_person_has_taken_it(
    other: str, given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    person("paul").labels("kick-off", add=other or "urgent", remove="ps-kind::kick-off")
    when.applied()
    rest = [] if other else ["urgent"]
    assert then.item("kick-off").labels == ["ps-kind::kick-off", "ps-state::todo", *rest]


def test_text_between_the_comments_is_restored_and_what_stands_around_it_stays(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    whole = then.item("epic").words
    person("maria").rewrites("epic", "| Kick-off | 2026-12-01 |", "| Kick-off | next year |")
    person("maria").rewrites("epic", "Welcome. This epic", "Hello! This epic")
    when.applied()
    assert then.item("epic").words == whole.replace("Welcome. This epic", "Hello! This epic")
    assert then.operations == [("redescribe", "epic")]


def test_overview_comes_back_when_a_person_has_deleted_it_whole(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    words = then.item("epic").words
    section = words[: words.index("\n\nWelcome.")]
    person("maria").rewrites("epic", section, "")
    when.applied()
    assert section in then.item("epic").words


def test_overview_is_left_alone_with_a_finding_when_it_has_lost_its_end(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    person("maria").rewrites("epic", "<!-- psbot end: overview -->", "")
    words = then.item("epic").words
    when.applied(ends_on="2027-03-05")
    epic = then.item("epic")
    assert (epic.words, epic.due) == (words, "2027-03-05")
    assert ("damaged-section", "epic") in then.findings


def test_overview_shows_the_date_that_a_person_has_set(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    person("paul").moves("intake-aws", "2026-12-14")
    when.applied()
    assert "| Intake (AWS): Acme Corp | paul | 2026-12-14 |" in then.item("epic").words


def test_closed_item_is_never_changed(given: Story, when: Story, then: Story, person: People) -> None:
    given.applied("acme-aws")
    person("paul").closes("kick-off")
    before = then.item("kick-off")
    when.applied(kick_off_on="2026-12-10", people={"engineers": ["petra"]})
    assert then.item("kick-off") == before
    assert then.item("intake-aws").assignees == ["petra"]


def test_closed_epic_stays_as_it_is_and_its_children_follow(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    person("dora").closes("epic")
    before = then.item("epic")
    when.applied(kick_off_on="2026-12-10")
    assert then.item("epic") == before
    assert then.item("kick-off").due == "2026-12-10"


@pytest.mark.parametrize("key", ["kick-off", "epic"])
def test_line_ends_of_an_editor_change_nothing(
    key: str, given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    text = then.item(key).description.replace("\n", "\r\n")
    person("maria").changes(key, descriptionWidget={"description": text})
    assert when.applied().is_empty
    when.applied(customer="Acme Ltd")
    assert "Acme Ltd" in then.item(key).title


def test_due_date_that_would_be_before_a_persons_start_is_kept_so_that_the_rest_converges(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    person("maria").starts("kick-off", "2026-11-30")
    when.applied(customer="Acme Ltd", kick_off_on="2026-11-27")
    kick_off = then.item("kick-off")
    assert (kick_off.title, kick_off.due) == ("Kick-off: Acme Ltd", "2026-12-01")
    assert then.kept == {("kick-off", "start_on"), ("kick-off", "due_on")}
