"""A few kept-alive connections to one GitLab, through python-gitlab; every answer becomes data or a sentence.

Reads are repeated after transient errors, writes never are. No redirect is followed, so the token goes to the
host that the user named and to no other.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import LifoQueue
from threading import Lock
from typing import Any, TypeVar

import gitlab
import requests
from gitlab.exceptions import GitlabError, GitlabParsingError

from psbot.core.inert import printable
from psbot.errors import GitLabError, PsbotError
from psbot.forge.address import check_address, check_ca_file
from psbot.forge.documents import name_of
from psbot.forge.patience import Patience
from psbot.forge.ports import RateLimited, Refused, Unclear

READ_ATTEMPTS = 4
LARGEST_ANSWER = 256 * 1024 * 1024  # bytes; a page of 100 items with the longest descriptions stays below it
_TIMEOUT = 65  # seconds; GitLab cuts a request at 60
_PAUSE = 10.0  # seconds to wait where GitLab does not say how long
TOO_MANY = re.compile(r"too many (times|requests)|rate limit", re.IGNORECASE)
_LATER = "GitLab may be overloaded or in maintenance; run again later"
_HINTS = {
    401: "check the token: it may have expired, been revoked, or belong to another server",
    403: "the token needs the scope api (read_api for reading), and its account the role Planner or more",
    404: "check the address of the server; psbot needs its GraphQL API",
}

Variables = Mapping[str, object]
Answer = TypeVar("Answer")

# psbot waits and repeats by its own rules: python-gitlab would wait without a limit, and repeat writes.
ONCE: Mapping[str, Any] = {"obey_rate_limit": False, "retry_transient_errors": False}


class Transient(GitLabError):
    """No usable answer; where it ``may_pass``, the next one may be better."""

    may_pass = True


class Misdirected(Transient):
    """Something else than GitLab's API answered: a redirect, a login page."""

    may_pass = False


@dataclass(frozen=True, slots=True)
class Server:
    """Where GitLab is and how to reach it: base URL, token, a private CA file, connections to keep."""

    url: str
    token: str = field(repr=False)
    ca_file: str | None = None
    connections: int = 4
    timeout: float = _TIMEOUT
    is_oauth: bool = False


@dataclass(slots=True)
class _Client:
    """One connection; ``pause`` is what the last answer said about when to come back."""

    gitlab: gitlab.Gitlab
    pause: float = _PAUSE


class Connection:
    """Sends GraphQL documents; safe to use from several threads."""

    def __init__(
        self, server: Server, patience: Patience, trace: Callable[[str], None] = lambda _: None
    ) -> None:
        check_address(server.url)
        if server.ca_file is not None:
            check_ca_file(server.ca_file)
        if not all("!" <= char <= "~" for char in server.token):
            raise PsbotError(
                "the token has a blank, a line end or another character that no token of GitLab has",
                "give the token alone, as GitLab has shown it",
            )
        self.url = server.url.rstrip("/")
        self._token = server.token
        self.patience = patience
        self.requests = 0
        self._trace = trace
        self._counting = Lock()
        self._clients: LifoQueue[_Client] = LifoQueue()
        for _ in range(server.connections):
            self._clients.put(_client(server))

    def __repr__(self) -> str:
        return f"Connection({self.url!r})"

    def close(self) -> None:
        """Close the connections."""
        while not self._clients.empty():
            self._clients.get().gitlab.session.close()

    def read(self, document: str, variables: Variables) -> Mapping[str, object]:
        """Return the data of a query; repeated after transient errors and rate limits, within bounds.

        Raises GitLabError for everything that is not complete data.
        """
        answer = self.patiently(lambda: self._send(document, variables))
        if messages := _messages(answer):
            raise self._of_messages(messages, GitLabError)
        data = answer.get("data")
        if not isinstance(data, dict):
            raise GitLabError("GitLab answered without data", _LATER)
        return data

    def get(self, path: str) -> Mapping[str, object]:
        """Return the object that REST has at *path*, such as ``/version``; repeated like a query.

        Raises GitLabError where it is not there or the token may not see it.
        """
        return self.patiently(
            lambda: self.exchange(
                f"GET {path}",
                lambda client: client.http_get(path, **ONCE),
            )
        )

    def patiently(self, send: Callable[[], Answer]) -> Answer:
        """Return the answer to a read, asked for again after transient errors and rate limits, within bounds."""
        for attempt in range(READ_ATTEMPTS - 1):
            try:
                return send()
            except Transient as error:
                if not error.may_pass:
                    raise
                self.patience.wait(2.0**attempt)
            except RateLimited as error:
                if not self.patience.pause(error.seconds, "GitLab asks for a pause"):
                    raise
        return send()

    def write(self, document: str, variables: Variables) -> Mapping[str, object]:
        """Return the whole answer to a mutation, sent once.

        Raises Refused where GitLab did nothing, RateLimited or Unclear where that is not known.
        """
        try:
            answer = self._send(document, variables)
        except Transient as error:
            raise Unclear(error.message) from None
        if not isinstance(answer.get("data"), dict):
            messages = _messages(answer)
            # An error without a path came before anything was carried out; one with a path came in the middle.
            kind = Refused if messages and not _has_path(answer) else Unclear
            raise self._of_messages(messages or ["GitLab answered without data"], kind)
        return answer

    def _send(self, document: str, variables: Variables) -> Mapping[str, object]:
        """Send one document; raises Transient, RateLimited (also inside HTTP 200), Refused (a clear 4xx)."""
        answer = self.exchange(
            name_of(document),
            lambda client: client.http_post(
                f"{self.url}/api/graphql",
                post_data={"query": document, "variables": dict(variables)},
                **ONCE,
            ),
        )
        if limited := [each for each in _messages(answer) if TOO_MANY.search(each)]:
            raise RateLimited(self.clean(limited[0]), _PAUSE)
        return answer

    def exchange(self, name: str, call: Callable[[gitlab.Gitlab], object]) -> Mapping[str, object]:
        """Return the JSON object that one request is answered with; raises Transient, RateLimited or Refused."""
        self._count(name)
        with self._client() as client:
            try:
                answer = call(client.gitlab)
            except GitlabParsingError:
                raise Transient("GitLab's answer is cut off or not JSON", _LATER) from None
            except GitlabError as error:
                raise self._of_status(error, client.pause) from None
            except requests.RequestException as error:
                raise _of_transport(error, self.url) from None
            except (RecursionError, ValueError):
                # What the libraries below did not make an error of their own: nesting without end, an odd host.
                raise Transient("GitLab's answer cannot be read", _LATER) from None
        if not isinstance(answer, dict):
            raise Misdirected(
                f"{self.url} answered with a page instead of data",
                "check the address; a proxy or a login page may stand in between",
            )
        return answer

    def _count(self, name: str) -> None:
        with self._counting:
            self.requests += 1
            number = self.requests
        self._trace(f"request {number}: {name}")

    @contextmanager
    def _client(self) -> Iterator[_Client]:
        client = self._clients.get()
        try:
            yield client
        finally:
            self._clients.put(client)

    def _of_status(self, error: GitlabError, pause: float) -> GitLabError:
        code = error.response_code or 0
        said = self.clean(str(error.error_message or ""))
        if code == 429:  # noqa: PLR2004  Too Many Requests
            return RateLimited("GitLab's rate limit is reached", pause)
        if code >= 500 or code in (408, 409):  # noqa: PLR2004  GitLab may have been at work already
            return Transient(f"GitLab answered {code}", _LATER)
        if code == 401:  # noqa: PLR2004  Unauthorized
            return Refused("GitLab does not take the token (401)", _HINTS[code])
        hint = _HINTS.get(code, "see what GitLab says")
        return Refused(f"GitLab refused with {code}: {said}", hint)

    def _of_messages(self, messages: list[str], kind: type[GitLabError]) -> GitLabError:
        said = "; ".join(dict.fromkeys(map(self.clean, messages)))
        return kind(
            f"GitLab says: {said}", "psbot works with complete answers only; nothing was planned from this"
        )

    def clean(self, text: str) -> str:
        """Return what GitLab said on one short line, the token cut out should it be in there."""
        safe = text.replace(self._token, "[token]") if self._token else text
        return " ".join(printable(safe).split())[:300]


def _client(server: Server) -> _Client:
    session = requests.Session()
    # The first redirect is an error: requests would carry the token's header to the other host.
    session.max_redirects = 0
    client = _Client(
        gitlab.Gitlab(
            server.url,
            private_token=None if server.is_oauth else server.token or None,
            oauth_token=server.token if server.is_oauth else None,
            ssl_verify=server.ca_file or True,
            timeout=server.timeout,
            retry_transient_errors=False,
            session=session,
        )
    )
    session.hooks["response"] += [_noting(client), _limited]
    return client


def _noting(client: _Client) -> Callable[..., None]:
    def note(response: requests.Response, **_: object) -> None:
        said = response.headers.get("Retry-After", "")
        client.pause = float(said) if said.isascii() and said.isdigit() else _PAUSE

    return note


class _TooLarge(requests.RequestException):
    """An answer that would not fit into memory for long."""


def _limited(response: requests.Response, **_: object) -> None:
    """Read the body, no more of it than fits; here, because it is not read yet when the hooks are called."""
    parts, size = [], 0
    for part in response.iter_content(1024 * 1024):
        size += len(part)
        if size > LARGEST_ANSWER:
            response.close()
            raise _TooLarge
        parts.append(part)
    response._content = b"".join(parts)  # where requests keeps it, and has no door to


def _of_transport(error: requests.RequestException, url: str) -> GitLabError:
    match error:
        case requests.TooManyRedirects():
            return Misdirected(
                f"{url} answers with a redirect, which psbot does not follow with a token",
                "give the address GitLab really has, https and path included",
            )
        case _TooLarge():
            return Misdirected(
                f"{url} answered with something larger than {LARGEST_ANSWER // 1024 // 1024} MiB",
                "check the address; GitLab's answers are smaller",
            )
        case requests.exceptions.SSLError():
            return Refused(
                f"{url} could not be verified (TLS)", "a private authority needs its CA file, --ca-file"
            )
        case requests.ConnectionError() if "NameResolutionError" in str(error):
            return Refused(f"there is no host of the name in {url}", "check the address of the server")
        case requests.exceptions.ConnectTimeout() | requests.exceptions.Timeout():
            return Transient(f"{url} did not answer in time", _LATER)
        case requests.ConnectionError() | requests.exceptions.ChunkedEncodingError():
            return Transient(
                f"the connection to {url} failed or broke off", "check the network and the address"
            )
        case _:
            return Transient(f"the request to {url} failed ({type(error).__name__})", _LATER)


def _has_path(answer: Mapping[str, object]) -> bool:
    errors = answer.get("errors")
    return isinstance(errors, list) and any(isinstance(each, dict) and each.get("path") for each in errors)


def _messages(answer: Mapping[str, object]) -> list[str]:
    errors = answer.get("errors")
    if errors is None:
        return []
    if not isinstance(errors, list) or not errors:
        return ["an error without a message"] if errors else []
    return [str(each.get("message", each)) if isinstance(each, dict) else str(each) for each in errors]
