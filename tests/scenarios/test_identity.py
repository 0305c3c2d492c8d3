"""Which item is which, when people type above markers or remove them: never a second item, never a second engagement."""

from collections.abc import Callable

from tests.sandbox.client import EPIC, Client
from tests.scenarios.driver import Shown, Story
from tests.scenarios.people import Person
from tests.support.builders import GROUP, SHARED

Somebody = Callable[[str], Person]
MINUTES = "Minutes\n\n- everybody was there\n"


def with_marker(story: Story, key: str) -> list[Shown]:
    line = f"<!-- psbot: engagement={story.file['engagement']} item={key} "
    return [each for each in story.everything if f"\n{line}" in f"\n{each.description}"]


def type_above(person: Person, key: str) -> None:
    item = person.found(key)
    person.changes(item, descriptionWidget={"description": MINUTES + item["description"]})


def test_minutes_typed_above_the_marker_of_a_call_make_no_second_call(story: Story, person: Somebody) -> None:
    story.applied("acme-aws", on="2026-12-01")
    type_above(person("paul"), "call/2026-12-08")
    story.applied(on="2026-12-02")
    assert len(with_marker(story, "call/2026-12-08")) == 1


def test_text_typed_above_all_markers_makes_no_second_engagement(story: Story, person: Somebody) -> None:
    story.applied("acme-aws", on="2026-11-23")
    keys, count = sorted(story.made()), len(story.everything)
    for key in keys:
        type_above(person("maria"), key)
    story.applied()
    assert len(story.everything) == count
    story.applied(kick_off_on="2026-12-02")
    assert len(story.everything) == count
    assert MINUTES in story.item("kick-off").words, "the marker is back on top, above the minutes"


def test_call_without_its_marker_gets_it_back(story: Story, person: Somebody) -> None:
    story.applied("acme-aws", on="2026-12-01")
    person("paul").unmarks("call/2026-12-08")
    story.applied(on="2026-12-02")
    assert story.item("call/2026-12-08").title == "Call 2026-12-08: Acme Corp"
    assert sum(each.title.startswith("Call 2026-12-08") for each in story.everything) == 1


def test_epic_of_the_same_title_is_a_finding_and_nothing_is_made(story: Story, person: Somebody) -> None:
    story.written("acme-aws")
    Client(story.sandbox, "maria").create("acme corp:  SOW-2026-142", place=GROUP, kind=EPIC)
    done = story.run()
    assert [each.code for each in done.plan.findings] == ["unmarked-epic"]
    assert done.plan.findings[0].message.startswith(f"{GROUP}&1 has the title of the engagement's epic")
    assert len(story.everything) == 1


def test_engagement_without_any_marker_is_a_finding_and_nothing_is_made(
    story: Story, person: Somebody
) -> None:
    story.applied("acme-aws", on="2026-11-23")
    count = len(story.everything)
    keys = sorted(story.made())
    person("maria").retitles("epic", "Acme")
    for key in [*(each for each in keys if each != "epic"), "epic"]:
        person("maria").unmarks(key)
    done = story.run()
    assert [each.code for each in done.plan.findings] == ["unmarked-items"]
    assert len(story.everything) == count


def test_customers_copy_keeps_no_engagement_from_being_made(story: Story, person: Somebody) -> None:
    story.applied("acme-aws", on="2026-11-23")
    text = MINUTES + person("ada").found("kick-off")["description"]
    for key in story.made():
        person("dora").deletes(key)
    person("ada").opens("Kick-off: Acme Corp", SHARED, text, "ps-kind::kick-off")
    person("ada").opens("Kick-off: Acme Corp", SHARED, "mine", "ps-kind::kick-off")
    story.applied(on="2026-11-24")
    assert story.item("kick-off").author == "psbot-bot"
