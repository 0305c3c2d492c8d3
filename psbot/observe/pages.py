"""Reading long lists of work items to their end, and keeping them out of memory until they are needed."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

from psbot.errors import GitLabError
from psbot.gitlab.item_queries import Part
from psbot.gitlab.ports import ForgeReader
from psbot.gitlab.values import Ask, Page


class Listing:
    """One list of work items, read page by page; what comes must be as much as GitLab counts."""

    def __init__(self, part: Part, values: tuple[str, ...] = (), *, with_newest: bool = False) -> None:
        self.part = part
        self.values = values
        self._with_newest = with_newest
        self.is_done = False
        self._after: str | None = None
        self._came = 0
        self._counted: int | None = None

    def ask(self) -> Ask:
        """Return what to ask for next."""
        return Ask(self.part, self.values, self._after, self._with_newest)

    def take(self, page: Page) -> None:
        """Count a page that came; raises GitLabError at the end of a list that is shorter than it should be.

        Items may be made or deleted while the list is read, so the smaller of the first and the last count counts.
        """
        self._came += len(page.items) + len(page.briefs)
        self._counted = page.count if self._counted is None else self._counted
        self._after = page.after
        self.is_done = page.after is None
        if self.is_done:
            self.require(min(self._counted, page.count))

    def require(self, count: int) -> None:
        """Raise GitLabError where fewer than *count* items came."""
        if self._came < count:
            raise GitLabError(
                f"GitLab counts {count} {self.part} items and shows {self._came}",
                "the token may not see all of them; psbot plans nothing from a partial list",
            )


def turn(reader: ForgeReader, group: str, listings: Sequence[Listing]) -> dict[Listing, Page]:
    """Return the next page of each of *listings*, in one request."""
    pages = reader.fetch_pages(group, [listing.ask() for listing in listings])
    for listing, page in zip(listings, pages, strict=True):
        listing.take(page)
    return dict(zip(listings, pages, strict=True))


class Ahead:
    """Lists that are read to their ends in the background, as many at once as there are *connections*.

    Every page goes to *keep*, those of a list in its order; several threads call it.
    """

    def __init__(
        self, reader: ForgeReader, group: str, keep: Callable[[Page], None], connections: int
    ) -> None:
        self._reader = reader
        self._group = group
        self._keep = keep
        self._is_over = Event()
        # One more than there are connections: while a page is taken apart, its connection is free for another.
        self._pool = ThreadPoolExecutor(max_workers=connections + 1)
        self._ends: list[Future[None]] = []

    def begin(self, listing: Listing) -> None:
        """Begin to read *listing*."""
        self._ends.append(self._pool.submit(self._read, listing))

    def await_first(self, count: int) -> None:
        """Wait until the first *count* lists have come whole; raises GitLabError where one of them does not."""
        for end in self._ends[:count]:
            end.result()

    def close(self) -> None:
        """End the reading, after the requests that are on their way."""
        self._is_over.set()
        self._pool.shutdown(cancel_futures=True)

    def _read(self, listing: Listing) -> None:
        while not (listing.is_done or self._is_over.is_set()):
            self._keep(turn(self._reader, self._group, [listing])[listing])
