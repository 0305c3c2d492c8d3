"""GitLab's REST API, for what GraphQL does not offer: notes of merge requests, variables and schedules."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote

import gitlab

from psbot.gitlab.connection import SEND_ONCE, Connection
from psbot.gitlab.ports import Unclear
from psbot.gitlab.transport_errors import NotGitLabApi, Transient

_PAGE = 100

JsonObject = Mapping[str, object]


def url_path(*parts: object) -> str:
    """Return the URL path of *parts*; each is one segment, whatever characters it has."""
    return "".join(f"/{quote(str(part), safe='')}" for part in parts)


@dataclass(frozen=True, slots=True)
class _Page:
    """One page of a list; ``after`` is the number of the next one, empty for the last."""

    items: tuple[JsonObject, ...]
    next_page: str


class Rest:
    """REST requests on one connection: reads are repeated within limits, writes are sent once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, path: str) -> JsonObject:
        """Return the object at *path*; raises GitLabError where it is not there or the token may not see it."""
        return self._connection.get(path)

    def fetch_all(self, path: str, **query: str | list[str]) -> Iterator[JsonObject]:
        """Yield all entries of the list at *path*; raises GitLabError.

        The next page is requested by its number: no link of an answer is followed. A short page is not always
        the last one (GitLab filters notes after paging), so the header decides.
        """
        page = "1"
        while page:
            page_query = {**query, "per_page": str(_PAGE), "page": page}
            found = self._connection.with_retries(partial(self._fetch_page, path, page_query))
            yield from found.items
            page = found.next_page

    def _fetch_page(self, path: str, query: Mapping[str, str | list[str]]) -> _Page:
        def send(client: gitlab.Gitlab) -> object:
            answer = client.http_request("get", path, query_data=dict(query), **SEND_ONCE)
            return {"things": answer.json(), "after": answer.headers.get("x-next-page", "")}

        answer = self._connection.request_json(f"GET {path}", send)
        things, after = answer["things"], str(answer["after"])
        is_list = isinstance(things, list) and all(isinstance(each, dict) for each in things)
        if not isinstance(things, list) or not is_list or (after and not after.isdecimal()):
            raise NotGitLabApi(
                "GitLab did not answer with a page of a list",
                "check the address; the answer may come from a proxy",
            )
        return _Page(tuple(things), after)

    def write(self, verb: str, path: str, body: JsonObject) -> JsonObject:
        """Send one POST or PUT; raises Refused where GitLab did nothing, RateLimited or Unclear otherwise."""

        def send(client: gitlab.Gitlab) -> object:
            return client.http_request(verb, path, post_data=dict(body), **SEND_ONCE).json()

        try:
            return self._connection.request_json(f"{verb.upper()} {path}", send)
        except Transient as error:
            raise Unclear(error.message) from None

    def delete(self, path: str) -> None:
        """Send one DELETE; raises Refused where GitLab did nothing, RateLimited or Unclear otherwise."""

        def send(client: gitlab.Gitlab) -> object:
            client.http_request("delete", path, **SEND_ONCE)
            return {}

        try:
            self._connection.request_json(f"DELETE {path}", send)
        except Transient as error:
            raise Unclear(error.message) from None
