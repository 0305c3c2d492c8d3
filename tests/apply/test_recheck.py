"""Lists that hide items: what psbot has created, or others have, is not created again."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from psbot.core.model.work_item import Author
from psbot.errors import ExitCode, GitLabError
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.ports import Unclear
from psbot.gitlab.values import Access, Page, PageRequest
from psbot.runs.reconcile import reconcile
from tests.support.builders import GROUP
from tests.support.fakes import BOT, FakeGitLab
from tests.support.runs import ENGAGEMENT, one, open_keys, run, run_context


def test_reconcile_makes_nothing_twice_when_the_people_who_made_it_are_no_longer_named(
    gitlab: FakeGitLab,
) -> None:
    gitlab.me = Author("maria")
    run(gitlab)
    gitlab.me = BOT
    before = len(gitlab.items)
    with pytest.raises(GitLabError, match="maria"):
        run(gitlab, replace(ENGAGEMENT, manager="pia"))
    assert len(gitlab.items) == before


def test_reconcile_makes_no_second_item_when_an_unknown_account_created_the_one_below_the_epic(
    gitlab: FakeGitLab,
) -> None:
    run(gitlab)
    kick_off = one(gitlab, "kick-off")
    gitlab.items[kick_off.gid].work_item = replace(kick_off, author=Author("zoe"))
    result = run(gitlab)
    assert one(gitlab, "kick-off").gid == kick_off.gid
    assert "untrusted-item" in {finding.code for finding in result.plan.findings}


def test_reconcile_finds_an_item_again_when_a_person_dragged_it_below_a_copy_of_the_epic(
    gitlab: FakeGitLab,
) -> None:
    run(gitlab)
    epic = one(gitlab, "epic")
    copy = gitlab.person_makes("zoe", GROUP, title="Copy", description=epic.description, is_epic=True)
    gitlab.person_edits(one(gitlab, "kick-off").gid, "maria", parent=copy)
    run(gitlab)
    assert one(gitlab, "kick-off").parent == epic.gid


def test_reconcile_makes_nothing_again_when_a_later_list_does_not_show_what_it_has_made(
    gitlab: FakeGitLab,
) -> None:
    class Lagging(FakeGitLab):
        def fetch_pages(self, group: str, asks: Sequence[PageRequest]) -> Sequence[Page]:
            kick_offs = [each.gid for each in self._all() if each.title.startswith("Kick-off")]
            self.items, kept = (
                {gid: each for gid, each in self.items.items() if gid not in kick_offs},
                self.items,
            )
            try:
                return super().fetch_pages(group, asks)
            finally:
                self.items = kept

    gitlab = Lagging()
    gitlab.skip_faults["create_items"] = 2
    gitlab.fail("create_items", lambda: Unclear("GitLab answered 502"), carried_out=False)
    run(gitlab)
    assert len(gitlab.by_key("kick-off")) == 1


def test_reconcile_stops_when_lists_do_not_show_the_epic_it_has_made(gitlab: FakeGitLab) -> None:
    class Blind(FakeGitLab):
        def fetch_access(self, group: str, projects: Sequence[str], label_group: str) -> Access:
            return replace(super().fetch_access(group, projects, label_group), epic_count=0)

        def fetch_pages(self, group: str, asks: Sequence[PageRequest]) -> Sequence[Page]:
            return [Page((), (), 0) for _ in asks]

    gitlab = Blind()
    result = run(gitlab)
    assert open_keys(gitlab) == ["epic"]
    assert result.exit_code is ExitCode.GITLAB
    assert "does not list the epic" in str(result.error)


def test_reconcile_makes_nothing_twice_when_a_list_hides_an_item_without_a_word(gitlab: FakeGitLab) -> None:
    run(gitlab)
    before = open_keys(gitlab)
    hidden = one(gitlab, "kick-off").gid
    gitlab.person_edits(hidden, "maria", labels=frozenset())  # nor does the list of labelled items show it

    class Hiding:
        """Leaves the item out of the first list of children, count and all."""

        def __init__(self) -> None:
            self.is_done = False

        def __getattr__(self, name: str) -> object:
            return getattr(gitlab, name)

        def fetch_pages(self, group: str, asks: Sequence[PageRequest]) -> Sequence[Page]:
            pages = gitlab.fetch_pages(group, asks)
            if self.is_done or asks[0].item_list is not ItemList.CHILDREN:
                return pages
            self.is_done = True
            left = tuple(each for each in pages[0].items if each.gid != hidden)
            return [replace(pages[0], items=left, total_count=len(left)), *pages[1:]]

    tools = run_context(gitlab).tools
    hiding: Any = Hiding()
    result = reconcile(ENGAGEMENT, replace(run_context(gitlab), tools=replace(tools, reader=hiding)))
    assert result.exit_code is ExitCode.DONE
    assert open_keys(gitlab) == before
    assert len([each for each in gitlab.items.values() if each.work_item.title.startswith("Kick-off")]) == 1


def test_reconcile_stops_when_the_list_of_epics_is_shorter_than_their_count(gitlab: FakeGitLab) -> None:
    class Hiding(FakeGitLab):
        def fetch_access(self, group: str, projects: Sequence[str], label_group: str) -> Access:
            return replace(super().fetch_access(group, projects, label_group), epic_count=1)

    with pytest.raises(GitLabError, match="counts 1 epics"):
        run(Hiding())
