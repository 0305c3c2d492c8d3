"""Reading long lists of work items to their end, and keeping them out of memory until they are needed."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

from psbot.core.model.work_item import WorkItem
from psbot.errors import GitLabError
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.ports import Reader
from psbot.gitlab.values import Page, PageRequest


class PagedList:
    """One list of work items, read page by page; what comes must be as much as GitLab counts."""

    def __init__(
        self, item_list: ItemList, filter_values: tuple[str, ...] = (), *, with_newest_note: bool = False
    ) -> None:
        self.item_list = item_list
        self.filter_values = filter_values
        self._with_newest_note = with_newest_note
        self.is_done = False
        self._cursor: str | None = None
        self._received = 0
        self._first_count: int | None = None

    def next_request(self) -> PageRequest:
        """Return what to ask for next."""
        return PageRequest(self.item_list, self.filter_values, self._cursor, self._with_newest_note)

    def add_page(self, page: Page) -> None:
        """Count a page that came; raises GitLabError at the end of a list that is shorter than it should be.

        Items may be made or deleted while the list is read, so the smaller of the first and the last count counts.
        """
        self._received += len(page.items) + len(page.summaries)
        self._first_count = page.total_count if self._first_count is None else self._first_count
        self._cursor = page.next_cursor
        self.is_done = page.next_cursor is None
        if self.is_done:
            self.require_count(min(self._first_count, page.total_count))

    def require_count(self, count: int) -> None:
        """Raise GitLabError where fewer than *count* items came."""
        if self._received < count:
            raise GitLabError(
                f"GitLab counts {count} {self.item_list} items and shows {self._received}",
                "the token may not see all of them; psbot plans nothing from a partial list",
            )


def read_page(reader: Reader, group: str, lists: Sequence[PagedList]) -> dict[PagedList, Page]:
    """Return the next page of each of *lists*, in one request."""
    pages = reader.fetch_pages(group, [each.next_request() for each in lists])
    for each, page in zip(lists, pages, strict=True):
        each.add_page(page)
    return dict(zip(lists, pages, strict=True))


def read_all(reader: Reader, group: str, paged_list: PagedList) -> Iterator[WorkItem]:
    """Yield all items of *paged_list* that are left to read, page by page."""
    while not paged_list.is_done:
        yield from read_page(reader, group, [paged_list])[paged_list].items


class BackgroundReader:
    """Lists that are read to their ends in the background, as many at once as there are *connections*.

    Every page goes to *keep*, those of a list in its order; several threads call it.
    """

    def __init__(
        self, reader: Reader, group: str, store_page: Callable[[Page], None], connections: int
    ) -> None:
        self._reader = reader
        self._group = group
        self._store_page = store_page
        self._is_closed = Event()
        # One more than there are connections: while a page is taken apart, its connection is free for another.
        self._pool = ThreadPoolExecutor(max_workers=connections + 1)
        self._futures: list[Future[None]] = []

    def start(self, listing: PagedList) -> None:
        """Begin to read *listing*."""
        self._futures.append(self._pool.submit(self._read, listing))

    def await_first(self, count: int) -> None:
        """Wait until the first *count* lists have come whole; raises GitLabError where one of them does not."""
        for end in self._futures[:count]:
            end.result()

    def close(self) -> None:
        """End the reading, after the requests that are on their way."""
        self._is_closed.set()
        self._pool.shutdown(cancel_futures=True)

    def _read(self, listing: PagedList) -> None:
        while not (listing.is_done or self._is_closed.is_set()):
            self._store_page(read_page(self._reader, self._group, [listing])[listing])
