"""A few kept-alive connections to one GitLab, through python-gitlab; every answer becomes data or a sentence.

Reads are repeated after transient errors, writes never are. No redirect is followed, so the token goes to the
host that the user named and to no other.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import LifoQueue
from urllib.parse import urlsplit

import gitlab
import requests
from gitlab.exceptions import GitlabError, GitlabParsingError

from psbot.core.inert import printable
from psbot.errors import GitLabError, PsbotError
from psbot.forge.patience import Patience
from psbot.forge.ports import RateLimited, Refused, Unclear

READ_ATTEMPTS = 4
_TIMEOUT = 65  # seconds; GitLab cuts a request at 60
_PAUSE = 10.0  # seconds to wait where GitLab does not say how long
TOO_MANY = re.compile(r"too many (times|requests)|rate limit", re.IGNORECASE)
_LATER = "GitLab may be overloaded or in maintenance; run again later"
_HINT_READ = "psbot plans nothing from an incomplete answer; psbot doctor says what the server and token lack"
_HINTS = {
    401: "check the token: it may have expired, been revoked, or belong to another server",
    403: "the token needs the scope api (read_api for reading), and its account the role Planner or more",
    404: "check the address of the server; psbot needs its GraphQL API",
}

Variables = Mapping[str, object]


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


@dataclass(slots=True)
class _Client:
    """One connection; ``pause`` is what the last answer said about when to come back."""

    gitlab: gitlab.Gitlab
    pause: float = _PAUSE


class Connection:
    """Sends GraphQL documents; safe to use from several threads."""

    def __init__(self, server: Server, patience: Patience) -> None:
        parts = urlsplit(server.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
            raise PsbotError(
                "the address of GitLab is not a plain http(s) URL",
                "give it like https://gitlab.example.com, without user and password",
            )
        if not all("!" <= char <= "~" for char in server.token):
            raise PsbotError(
                "the token has a blank, a line end or another character that no token of GitLab has",
                "give the token alone, as GitLab has shown it",
            )
        self.url = server.url.rstrip("/")
        self._token = server.token
        self.patience = patience
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
        for attempt in range(READ_ATTEMPTS):
            try:
                answer = self._send(document, variables)
                break
            except Transient as error:
                if attempt == READ_ATTEMPTS - 1 or not error.may_pass:
                    raise
                self.patience.wait(2.0**attempt)
            except RateLimited as error:
                last = attempt == READ_ATTEMPTS - 1
                if last or not self.patience.pause(error.seconds, "GitLab asks for a pause"):
                    raise
        if messages := _messages(answer):
            raise self._of_messages(messages, GitLabError)
        data = answer.get("data")
        if not isinstance(data, dict):
            raise GitLabError("GitLab answered without data", _LATER)
        return data

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
        """Send one request; raises Transient, RateLimited (also inside HTTP 200), Refused (a clear 4xx)."""
        with self._client() as client:
            try:
                answer = client.gitlab.http_post(
                    f"{self.url}/api/graphql",
                    post_data={"query": document, "variables": dict(variables)},
                    obey_rate_limit=False,
                    retry_transient_errors=False,
                )
            except GitlabParsingError:
                raise Transient("GitLab's answer is cut off or not JSON", _LATER) from None
            except GitlabError as error:
                raise self._of_status(error, client.pause) from None
            except requests.RequestException as error:
                raise _of_transport(error, self.url) from None
        if not isinstance(answer, dict):
            raise Misdirected(
                f"{self.url} answered with a page instead of data",
                "check the address; a proxy or a login page may stand in between",
            )
        if limited := [each for each in _messages(answer) if TOO_MANY.search(each)]:
            raise RateLimited(self._clean(limited[0]), _PAUSE)
        return answer

    @contextmanager
    def _client(self) -> Iterator[_Client]:
        client = self._clients.get()
        try:
            yield client
        finally:
            self._clients.put(client)

    def _of_status(self, error: GitlabError, pause: float) -> GitLabError:
        code = error.response_code or 0
        said = self._clean(str(error.error_message or ""))
        if code == 429:  # noqa: PLR2004  Too Many Requests
            return RateLimited("GitLab's rate limit is reached", pause)
        if code >= 500 or code in (408, 409):  # noqa: PLR2004  GitLab may have been at work already
            return Transient(f"GitLab answered {code}", _LATER)
        hint = _HINTS.get(code, "see what GitLab says")
        return Refused(f"GitLab refused with {code}: {said}", hint)

    def _of_messages(self, messages: list[str], kind: type[GitLabError]) -> GitLabError:
        said = "; ".join(dict.fromkeys(map(self._clean, messages)))
        return kind(
            f"GitLab says: {said}", "psbot works with complete answers only; nothing was planned from this"
        )

    def _clean(self, text: str) -> str:
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
            private_token=server.token or None,
            ssl_verify=server.ca_file or True,
            timeout=server.timeout,
            retry_transient_errors=False,
            session=session,
        )
    )
    session.hooks["response"].append(_noting(client))
    return client


def _noting(client: _Client) -> Callable[..., None]:
    def note(response: requests.Response, **_: object) -> None:
        said = response.headers.get("Retry-After", "")
        client.pause = float(said) if said.isdecimal() else _PAUSE

    return note


def _of_transport(error: requests.RequestException, url: str) -> GitLabError:
    match error:
        case requests.TooManyRedirects():
            return Misdirected(
                f"{url} answers with a redirect, which psbot does not follow with a token",
                "give the address GitLab really has, https and path included",
            )
        case requests.exceptions.SSLError():
            return Refused(
                f"{url} could not be verified (TLS)", "a private authority needs its CA file, --ca-file"
            )
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
