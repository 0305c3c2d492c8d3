"""Creations are paced below the limit of GitLab.com."""

from psbot.gitlab.creation_pace import CREATIONS_PER_MINUTE, CreationPace
from psbot.gitlab.values import NewItem
from psbot.gitlab.wait_budget import WaitBudget


def _items(count: int, namespace: str = "acme/p", *, is_epic: bool = False) -> list[NewItem]:
    return [NewItem(namespace, "type", str(number), "", (), is_epic=is_epic) for number in range(count)]


def test_more_creations_than_gitlab_com_allows_wait_for_the_next_minute() -> None:
    slept: list[float] = []
    said: list[str] = []
    pace = CreationPace(WaitBudget(120, slept.append, said.append), lambda: 0.0)
    pace.wait_for(_items(CREATIONS_PER_MINUTE))
    assert slept == []
    pace.wait_for(_items(15))
    assert slept == [60.0]
    assert "acme/p" in said[0]


def test_each_project_has_a_pace_of_its_own_and_all_epics_share_one() -> None:
    slept: list[float] = []
    pace = CreationPace(WaitBudget(120, slept.append), lambda: 0.0)
    pace.wait_for(_items(CREATIONS_PER_MINUTE))
    pace.wait_for(_items(CREATIONS_PER_MINUTE, "acme/q"))
    pace.wait_for(_items(CREATIONS_PER_MINUTE, "acme", is_epic=True))
    assert slept == []
    pace.wait_for(_items(1, "globex", is_epic=True))
    assert slept == [60.0]
