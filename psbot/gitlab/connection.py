"""A few kept-alive connections to one GitLab, through python-gitlab; errors become PsbotErrors.

Reads are repeated after transient errors, writes never are. No redirect is followed, so that the token is sent to no
host but the one that the user named.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from queue import LifoQueue
from threading import Lock
from typing import Any, TypeVar

import gitlab
import requests
from gitlab.exceptions import GitlabError, GitlabParsingError

from psbot.core.text.escape import replace_control_characters
from psbot.errors import GitLabError, PsbotError
from psbot.gitlab.documents import operation_name
from psbot.gitlab.ports import RateLimited, Refused, Unclear
from psbot.gitlab.server import Server, check_address, check_ca_file
from psbot.gitlab.transport_errors import (
    MAX_ANSWER_BYTES,
    RATE_LIMIT_MESSAGE,
    RETRY_LATER,
    STATUS_HINTS,
    TIMEOUT_MESSAGE,
    UNKNOWN_IN_SCHEMA,
    AnswerTooLarge,
    NotGitLabApi,
    TimedOut,
    Transient,
    error_messages,
    error_of_transport,
    has_error_path,
)
from psbot.gitlab.wait_budget import WaitBudget

READ_ATTEMPTS = 4


_DEFAULT_PAUSE = 10.0  # seconds, where GitLab does not say how long to wait


Variables = Mapping[str, object]
Answer = TypeVar("Answer")

# psbot waits and repeats by its own rules: python-gitlab would wait without a limit, and repeat writes.
SEND_ONCE: Mapping[str, Any] = {"obey_rate_limit": False, "retry_transient_errors": False}


@dataclass(slots=True)
class _Client:
    """One connection; ``retry_after`` is the number of seconds that the last answer asked to wait."""

    gitlab: gitlab.Gitlab
    retry_after: float = _DEFAULT_PAUSE


class Connection:
    """Sends GraphQL documents; safe to use from several threads."""

    def __init__(
        self, server: Server, wait_budget: WaitBudget, trace: Callable[[str], None] = lambda _: None
    ) -> None:
        check_address(server.url)
        if server.ca_file is not None:
            check_ca_file(server.ca_file)
        if not all("!" <= char <= "~" for char in server.token):
            raise PsbotError(
                "the token contains a space, a line break or another character that GitLab tokens never contain",
                "set the token exactly as GitLab has shown it",
            )
        self.url = server.url.rstrip("/")
        self._token = server.token
        self.wait_budget = wait_budget
        self.request_count = 0
        self._trace = trace
        self._count_lock = Lock()
        self._clients: LifoQueue[_Client] = LifoQueue()
        for _ in range(server.connections):
            self._clients.put(_new_client(server))

    def __repr__(self) -> str:
        return f"Connection({self.url!r})"

    def close(self) -> None:
        """Close the connections."""
        while not self._clients.empty():
            self._clients.get().gitlab.session.close()

    def read(
        self, document: str, variables: Variables, make_smaller: Callable[[], Variables] | None = None
    ) -> Mapping[str, object]:
        """Return the data of a query; repeated after transient errors and rate limits, within limits.

        After a timeout it is repeated with the variables of *make_smaller*. Raises TimedOut where that is in vain,
        GitLabError for everything else that is not complete data.
        """
        current = variables

        def send() -> Mapping[str, object]:
            nonlocal current
            try:
                return self._send_query(document, current)
            except TimedOut:
                current = make_smaller() if make_smaller else current
                raise

        answer = self.with_retries(send)
        if messages := error_messages(answer):
            raise self._error_of_messages(messages, GitLabError)
        data = answer.get("data")
        if not isinstance(data, dict):
            raise GitLabError("GitLab answered without data", RETRY_LATER)
        return data

    def get(self, path: str) -> Mapping[str, object]:
        """Return the object that REST has at *path*, such as ``/version``; repeated like a query.

        Raises GitLabError where it is not there or the token may not see it.
        """
        return self.with_retries(
            lambda: self.request_json(
                f"GET {path}",
                lambda client: client.http_get(path, **SEND_ONCE),
            )
        )

    def with_retries(self, send: Callable[[], Answer]) -> Answer:
        """Return the answer to a read; it is sent again after transient errors and rate limits, within limits."""
        for attempt in range(READ_ATTEMPTS - 1):
            try:
                return send()
            except Transient as error:
                if not error.is_retryable:
                    raise
                self.wait_budget.sleep(2.0**attempt)
            except RateLimited as error:
                if not self.wait_budget.try_pause(error.seconds, "GitLab asks for a pause"):
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
            messages = error_messages(answer)
            # An error without a path means that nothing was carried out; one with a path may come in the middle.
            kind = Refused if messages and not has_error_path(answer) else Unclear
            raise self._error_of_messages(messages or ["GitLab answered without data"], kind)
        return answer

    def _send_query(self, document: str, variables: Variables) -> Mapping[str, object]:
        """Send a query; raises TimedOut where a part of the answer is missing because it took too long."""
        answer = self._send(document, variables)
        messages = error_messages(answer)
        if late := [each for each in messages if TIMEOUT_MESSAGE.search(each)]:
            raise TimedOut(f"GitLab took too long: {self.redact(late[0])}", RETRY_LATER)
        return answer

    def _send(self, document: str, variables: Variables) -> Mapping[str, object]:
        """Send one document; raises Transient, RateLimited (also inside HTTP 200), Refused (a clear 4xx)."""
        answer = self.request_json(
            operation_name(document),
            lambda client: client.http_post(
                f"{self.url}/api/graphql",
                post_data={"query": document, "variables": dict(variables)},
                **SEND_ONCE,
            ),
        )
        if limited := [each for each in error_messages(answer) if RATE_LIMIT_MESSAGE.search(each)]:
            raise RateLimited(self.redact(limited[0]), _DEFAULT_PAUSE)
        return answer

    def request_json(self, name: str, call: Callable[[gitlab.Gitlab], object]) -> Mapping[str, object]:
        """Return the JSON object that one request is answered with; raises Transient, RateLimited or Refused."""
        self._count_request(name)
        with self._borrow_client() as client:
            try:
                answer = call(client.gitlab)
            except GitlabParsingError:
                raise Transient("GitLab's answer is truncated or not JSON", RETRY_LATER) from None
            except GitlabError as error:
                raise self._error_of_status(error, client.retry_after) from None
            except requests.RequestException as error:
                raise error_of_transport(error, self.url) from None
            except (RecursionError, ValueError):
                # Errors that the libraries below let through: endless nesting, a strange host name.
                raise Transient("GitLab's answer cannot be read", RETRY_LATER) from None
        if not isinstance(answer, dict):
            raise NotGitLabApi(
                f"{self.url} returned a web page instead of data",
                "check the address; the answer may come from a proxy or a login page",
            )
        return answer

    def _count_request(self, name: str) -> None:
        with self._count_lock:
            self.request_count += 1
            number = self.request_count
        self._trace(f"request {number}: {name}")

    @contextmanager
    def _borrow_client(self) -> Iterator[_Client]:
        client = self._clients.get()
        try:
            yield client
        finally:
            self._clients.put(client)

    def _error_of_status(self, error: GitlabError, pause: float) -> GitLabError:
        code = error.response_code or 0
        message = self.redact(str(error.error_message or ""))
        if code == 429:  # noqa: PLR2004  Too Many Requests
            return RateLimited("GitLab's rate limit is reached", pause)
        if TIMEOUT_MESSAGE.search(message):
            return TimedOut(f"GitLab took too long ({code})", RETRY_LATER)
        if code >= 500 or code in (408, 409):  # noqa: PLR2004  GitLab may have been at work already
            return Transient(f"GitLab answered {code}", RETRY_LATER)
        if code == 401:  # noqa: PLR2004  Unauthorized
            return Refused("GitLab rejected the token (401)", STATUS_HINTS[code])
        hint = STATUS_HINTS.get(code, "see the message from GitLab")
        return Refused(f"GitLab refused the request ({code}): {message}", hint)

    def _error_of_messages(self, messages: list[str], kind: type[GitLabError]) -> GitLabError:
        message = "; ".join(dict.fromkeys(map(self.redact, messages)))
        if UNKNOWN_IN_SCHEMA.search(message):
            return kind(
                f"this GitLab is too old or too new for psbot; it does not know a part of a request: {message}",
                "run psbot doctor: it names the version of GitLab and the oldest that psbot works with",
            )
        return kind(f"GitLab reported: {message}", "psbot plans only from complete answers")

    def redact(self, text: str) -> str:
        """Return a message of GitLab on one short line, without the token."""
        safe = text.replace(self._token, "[token]") if self._token else text
        return " ".join(replace_control_characters(safe).split())[:300]


def _new_client(server: Server) -> _Client:
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
    session.hooks["response"] += [_remember_retry_after(client), _read_limited]
    return client


def _remember_retry_after(client: _Client) -> Callable[..., None]:
    def remember(response: requests.Response, **_: object) -> None:
        seconds = response.headers.get("Retry-After", "")
        client.retry_after = float(seconds) if seconds.isascii() and seconds.isdigit() else _DEFAULT_PAUSE

    return remember


def _read_limited(response: requests.Response, **_: object) -> None:
    """Read the body up to the largest size; the hooks are called before requests reads it."""
    parts, size = [], 0
    for part in response.iter_content(1024 * 1024):
        size += len(part)
        if size > MAX_ANSWER_BYTES:
            response.close()
            raise AnswerTooLarge
        parts.append(part)
    response._content = b"".join(parts)  # the private attribute of requests; there is no public way to set it
