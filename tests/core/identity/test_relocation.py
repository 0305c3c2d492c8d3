"""An engagement file that names another project, or has another key."""

from psbot.core.identity.relocation import epic_with_our_title, moved_projects
from psbot.core.model.item import Desired, Item, Snapshot
from psbot.core.text.marker import fingerprint
from tests.support.builders import GROUP, INTERNAL, PROCESS, SHARED, engagement


def item(key: str, kind: str, place: str) -> Item:
    return Item(key, kind, place, key, "")


def test_projects_of_the_file_with_items_are_the_same_ignoring_case() -> None:
    observed = Snapshot(children=(item("kick-off", "kick-off", SHARED.upper()),))
    assert list(moved_projects(engagement(), observed, PROCESS)) == []


def test_one_item_elsewhere_is_a_persons_decision() -> None:
    items = (item("kick-off", "kick-off", "other/project"), item("call/1", "call", SHARED))
    assert list(moved_projects(engagement(), Snapshot(children=items), PROCESS)) == []


def test_all_items_elsewhere_are_reported_with_both_projects() -> None:
    items = (item("kick-off", "kick-off", "other/project"), item("log", "engagement-log", INTERNAL))
    assert list(moved_projects(engagement(), Snapshot(children=items), PROCESS)) == [
        f"`gitlab.project` is {SHARED}, but the shared items are in other/project"
    ]


def test_epic_with_the_same_title_belongs_to_the_engagement_before_its_key_changed() -> None:
    desired = Desired(Snapshot(epic=Item("epic", "engagement", GROUP, "Acme Corp: SOW-1", "")), frozenset())
    assert epic_with_our_title(desired, {fingerprint("Acme Corp: SOW-1"): "acme&7"}) == "acme&7"
    assert epic_with_our_title(desired, {fingerprint("Globex: SOW-2"): "acme&8"}) is None
