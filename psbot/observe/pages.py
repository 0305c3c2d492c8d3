"""Long lists of work items, read page by page and, if need be, in the background."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

from psbot.core.model.work_item import WorkItem
from psbot.errors import GitLabError
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.ports import Reader
from psbot.gitlab.values import Page, PageRequest


class PagedList:
    """One list of work items, read page by page; it must have as many items as GitLab counts."""

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
        """Return the request for the next page."""
        return PageRequest(self.item_list, self.filter_values, self._cursor, self._with_newest_note)

    def add_page(self, page: Page) -> None:
        """Count the items of a page; raises GitLabError at the end of a list that is shorter than it should be.

        Items may be created or deleted while the list is read, so the smaller of the first and last count is required.
        """
        self._received += len(page.items) + len(page.summaries)
        self._first_count = page.total_count if self._first_count is None else self._first_count
        self._cursor = page.next_cursor
        self.is_done = page.next_cursor is None
        if self.is_done:
            self.require_count(min(self._first_count, page.total_count))

    def require_count(self, count: int) -> None:
        """Raise GitLabError where fewer than *count* items were received."""
        if self._received < count:
            raise GitLabError(
                f"GitLab counts {count} {self.item_list} items but returned {self._received}",
                "the token may not see all of them, such as those of a banned account; psbot plans nothing from a "
                "partial list",
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
    """Reads lists to their ends in the background, as many at once as there are *connections*.

    Every page is given to *store_page*, the pages of a list in their order; several threads call it.
    """

    def __init__(
        self, reader: Reader, group: str, store_page: Callable[[Page], None], connections: int
    ) -> None:
        self._reader = reader
        self._group = group
        self._store_page = store_page
        self._is_closed = Event()
        # One more than there are connections: while a page is parsed, its connection is free for another.
        self._pool = ThreadPoolExecutor(max_workers=connections + 1)
        self._futures: list[Future[None]] = []

    def start(self, paged_list: PagedList) -> None:
        """Start to read *paged_list*."""
        self._futures.append(self._pool.submit(self._read, paged_list))

    def await_first(self, count: int) -> None:
        """Wait until the first *count* lists are complete; raises GitLabError where reading one of them failed."""
        for future in self._futures[:count]:
            future.result()

    def close(self) -> None:
        """Stop reading, after the requests in flight."""
        self._is_closed.set()
        self._pool.shutdown(cancel_futures=True)

    def _read(self, paged_list: PagedList) -> None:
        while not (paged_list.is_done or self._is_closed.is_set()):
            self._store_page(read_page(self._reader, self._group, [paged_list])[paged_list])
