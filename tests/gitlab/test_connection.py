"""Requests: which are repeated, how long psbot waits, and what is never shown."""

from collections.abc import Callable
from typing import Any

import pytest
import requests
import responses

from psbot.errors import ExitCode, GitLabError, PsbotError
from psbot.gitlab.connection import Connection
from psbot.gitlab.ports import RateLimited, Refused, Unclear
from psbot.gitlab.server import Server
from psbot.gitlab.wait_budget import WaitBudget
from tests.gitlab.answers import BASE, TOKEN, URL, Answers, write


def read(connection: Connection) -> object:
    return connection.read("query Any { x }", {})


Fault = Callable[[Answers], object]


def _page_of_login(mock: Answers) -> object:
    return mock.post(URL, body="<html>Sign in</html>", content_type="text/html")


TRANSIENT: list[Any] = [
    *(pytest.param(lambda mock, s=s: mock.post(URL, status=s), id=str(s)) for s in (500, 502, 503, 504)),
    pytest.param(lambda mock: mock.post(URL, body=requests.ConnectionError("reset")), id="reset"),
    pytest.param(lambda mock: mock.post(URL, body=requests.Timeout("slow")), id="time-out"),
    pytest.param(
        lambda mock: mock.post(URL, body='{"data": {', content_type="application/json"), id="truncated"
    ),
]


MISDIRECTED: list[Any] = [
    pytest.param(_page_of_login, id="login page"),
    pytest.param(
        lambda mock: mock.post(URL, status=307, headers={"Location": "https://evil.example/"}), id="redirect"
    ),
]


CLEAR: list[Any] = [
    pytest.param(
        lambda mock: mock.post(URL, status=401, json={"errors": [{"message": "Invalid token"}]}), id="401"
    ),
    pytest.param(lambda mock: mock.post(URL, status=403, json={"error": "insufficient_scope"}), id="403"),
    pytest.param(lambda mock: mock.post(URL, json={"errors": [{"message": "complexity 300"}]}), id="errors"),
]


LIMITED: list[Any] = [
    pytest.param(lambda mock: mock.post(URL, status=429, headers={"Retry-After": "7"}), id="429"),
    pytest.param(
        lambda mock: mock.post(URL, json={"errors": [{"message": "requested too many times"}]}), id="in 200"
    ),
]


@pytest.mark.parametrize("fault", TRANSIENT)
def test_read_is_repeated_with_growing_waits_when_an_answer_may_be_better_next_time(
    answers: Answers, connection: Connection, waited: list[float], fault: Fault
) -> None:
    fault(answers)
    answers.post(URL, json={"data": {"x": 1}})
    assert read(connection) == {"x": 1}
    assert waited == [1.0]


def test_read_gives_up_when_errors_stay(
    answers: Answers, connection: Connection, waited: list[float]
) -> None:
    answers.post(URL, status=502)
    with pytest.raises(GitLabError, match="502"):
        read(connection)
    assert waited == [1.0, 2.0, 4.0]
    assert len(answers.calls) == 4


@pytest.mark.parametrize("fault", [*MISDIRECTED, *CLEAR])
def test_read_is_not_repeated_when_the_answer_will_not_change(
    answers: Answers, connection: Connection, fault: Fault
) -> None:
    fault(answers)
    with pytest.raises(GitLabError) as caught:
        read(connection)
    assert caught.value.exit_code is ExitCode.GITLAB
    assert caught.value.hint
    assert len(answers.calls) == 1


def test_read_waits_as_long_as_gitlab_says_when_it_is_limited(
    answers: Answers, connection: Connection, waited: list[float]
) -> None:
    answers.post(URL, status=429, headers={"Retry-After": "7"})
    answers.post(URL, json={"errors": [{"message": "This endpoint has been requested too many times."}]})
    answers.post(URL, json={"data": {"x": 1}})
    assert read(connection) == {"x": 1}
    assert waited == [7.0, 10.0]


def test_read_does_not_wait_beyond_its_budget(
    answers: Answers, connection: Connection, waited: list[float]
) -> None:
    answers.post(URL, status=429, headers={"Retry-After": "86400"})
    with pytest.raises(RateLimited) as caught:
        read(connection)
    assert caught.value.exit_code is ExitCode.LIMIT
    assert waited == []


@pytest.mark.parametrize(
    ("faults", "kind"), [(TRANSIENT + MISDIRECTED, Unclear), (CLEAR, Refused), (LIMITED, RateLimited)]
)
def test_write_is_sent_once_whatever_the_answer(
    waited: list[float], connection: Connection, faults: list[Any], kind: type[Exception]
) -> None:
    for fault in faults:
        with responses.RequestsMock() as mock:
            fault.values[0](mock)
            with pytest.raises(kind):
                write(connection)
            assert len(mock.calls) == 1
    assert waited == []


@pytest.mark.parametrize("fault", [*TRANSIENT, *MISDIRECTED, *CLEAR])
def test_token_is_in_no_error_and_no_repr(connection: Connection, fault: Fault) -> None:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        fault(mock)
        mock.post(URL, status=403, json={"message": f"you sent {TOKEN}"})
        for send in (read, write):
            with pytest.raises(GitLabError) as caught:
                send(connection)
            assert TOKEN not in str(caught.value) + repr(caught.value)
            assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert TOKEN not in repr(connection) + repr(Server(BASE, TOKEN))


@pytest.mark.parametrize(
    "url", ["gitlab.example", "ftp://gitlab.example", "https://me:hunter2@gitlab.example"]
)
def test_connection_refuses_an_address_that_is_no_plain_url(url: str) -> None:
    with pytest.raises(PsbotError) as caught:
        Connection(Server(url, TOKEN), WaitBudget(1, lambda _: None))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"message": "Field 'x' doesn't exist"}, Refused),
        ({"message": "Timeout", "path": ["write1"]}, Unclear),
    ],
)
def test_write_without_data_is_clear_only_when_nothing_had_begun(
    answers: Answers, connection: Connection, error: dict[str, object], kind: type[Exception]
) -> None:
    answers.post(URL, json={"data": None, "errors": [error]})
    with pytest.raises(kind):
        write(connection)


@pytest.mark.parametrize(
    "token", [f"{TOKEN}\n", f"{TOKEN} x", f"{TOKEN}\u2019", f"\u00e9{TOKEN}", f"{TOKEN}\x00"]
)
def test_connection_refuses_a_token_that_no_header_can_carry_without_showing_it(token: str) -> None:
    with pytest.raises(PsbotError) as caught:
        Connection(Server(BASE, token), WaitBudget(1, lambda _: None))
    assert caught.value.exit_code is ExitCode.INPUT
    assert TOKEN not in str(caught.value) + repr(caught.value)


def test_read_waits_its_own_time_when_gitlab_says_nothing_usable(
    answers: Answers, connection: Connection, waited: list[float]
) -> None:
    answers.post(URL, status=429, headers={"Retry-After": "\u00b2"})
    answers.post(URL, json={"data": {"x": 1}})
    assert read(connection) == {"x": 1}
    assert waited == [10.0]
