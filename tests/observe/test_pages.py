"""Lists that are read in the background."""

from collections.abc import Sequence
from threading import Event, Lock

import pytest

from psbot.errors import GitLabError
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.values import Page, PageRequest
from psbot.observe.pages import BackgroundReader, PagedList
from tests.support.fakes import FakeGitLab

MOST = 10_000  # pages, after which a reading that nobody ends is an error


class Endless(FakeGitLab):
    """A GitLab whose lists go on and on."""

    def __init__(self) -> None:
        super().__init__()
        self.given = 0
        self.lock = Lock()

    def fetch_pages(self, group: str, asks: Sequence[PageRequest]) -> Sequence[Page]:
        with self.lock:
            self.given += 1
            if self.given > MOST:
                raise GitLabError("nobody has ended the reading")
            return [Page((), (), 0, str(self.given)) for _ in asks]


def test_reading_ends_when_it_is_closed_though_lists_would_go_on() -> None:
    gitlab, begun = Endless(), Event()
    ahead = BackgroundReader(gitlab, "acme", lambda _: begun.set(), connections=2)
    for _ in range(5):
        ahead.start(PagedList(ItemList.CHILDREN, ("gid://gitlab/WorkItem/1",)))
    assert begun.wait(10)
    ahead.close()
    assert 0 < gitlab.given < MOST


def test_list_that_breaks_off_is_an_error_for_who_waits_for_it_and_for_nobody_before() -> None:
    gitlab = FakeGitLab()
    ahead = BackgroundReader(gitlab, "acme/delivery", lambda _: None, connections=1)
    whole = PagedList(ItemList.CHILDREN, ("gid://gitlab/WorkItem/1",))
    ahead.start(whole)
    ahead.await_first(1)
    assert whole.is_done
    gitlab.fail("pages", lambda: GitLabError("GitLab answered 502"), carried_out=False)
    ahead.start(PagedList(ItemList.CHILDREN, ("gid://gitlab/WorkItem/1",)))
    with pytest.raises(GitLabError, match="502"):
        ahead.await_first(2)
    ahead.await_first(1)
    ahead.close()
