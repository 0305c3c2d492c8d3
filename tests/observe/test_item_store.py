"""The item store of a group: items are found by engagement, parent or epic."""

from collections.abc import Iterator

import pytest

from psbot.core.model.work_item import Author, WorkItem
from psbot.core.records.ownership import TITLE_KEY
from psbot.core.text.marker import Marker
from psbot.gitlab.values import ItemSummary
from psbot.observe.item_store import ItemStore
from tests.support.builders import GROUP, SHARED


@pytest.fixture
def store() -> Iterator[ItemStore]:
    store = ItemStore(frozenset({"acme"}))
    yield store
    store.close()


def gid(number: int) -> str:
    return f"gid://gitlab/WorkItem/{number}"


def epic(number: int, description: str = "") -> WorkItem:
    return WorkItem(gid(number), number, GROUP, "Epic", description, Author("paul"), is_epic=True)


def child(number: int, parent: int) -> WorkItem:
    return WorkItem(gid(number), number, SHARED, "Child", "", Author("paul"), parent=gid(parent))


def test_epic_of_an_engagement_is_found_by_its_key(store: ItemStore) -> None:
    ours = epic(1, f"{Marker('acme', 'epic')}\n")
    assert store.store_epic(ours) == "acme"
    assert store.epics_of("acme") == [ours]


def test_epic_without_a_marker_is_found_by_its_id(store: ItemStore) -> None:
    assert store.store_epic(epic(1)) is None
    assert store.unmarked_epic(gid(1)) == [epic(1)]
    assert store.epics_of("acme") == []


def test_epics_of_other_engagements_are_known_by_the_token_of_their_title(store: ItemStore) -> None:
    marker = Marker("globex", "epic").with_memory({TITLE_KEY: "token"})
    assert store.store_epic(epic(1, f"{marker}\n")) is None
    assert store.epics_by_title == {"token": f"{GROUP}&1 of globex"}


def test_children_are_found_by_their_epic_in_the_order_of_the_lists(store: ItemStore) -> None:
    store.store_children([child(2, 1), child(3, 1), child(4, 9)])
    store.store_children([child(5, 1)])
    assert [each.iid for each in store.children_of(gid(1))] == [2, 3, 5]


def test_labelled_items_are_unlisted_until_a_list_shows_them(store: ItemStore) -> None:
    marked = f"{Marker('acme', 'kick-off')}\n"
    store.note_labelled([ItemSummary(gid(2), marked), ItemSummary(gid(3), marked), ItemSummary(gid(4), "")])
    assert store.unlisted_of("acme") == [gid(2), gid(3)]
    store.mark_listed([child(2, 1)])
    assert store.unlisted_of("acme") == [gid(3)]
