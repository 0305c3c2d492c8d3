"""Faults, delays and the control endpoints, which tests of psbot use to steer the sandbox."""

import threading
from typing import Any

import pytest
import requests

from psbot.sandbox.faults.faults import Fault, FaultKind, FaultTiming
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.server.serve import running_sandbox
from psbot.sandbox.state.seed import GROUP, sandbox_world
from psbot.sandbox.state.snapshot import canonical_state
from tests.sandbox.client import CREATE, NOTE, Client

EPIC_INPUT = {"namespacePath": GROUP, "workItemTypeId": "gid://gitlab/WorkItems::Type/8", "title": "x"}
BODY = {"query": CREATE, "variables": {"input": EPIC_INPUT}}
WHO = {"query": "{ currentUser { username } }"}


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize(("when", "made"), [(FaultTiming.BEFORE, 0), (FaultTiming.AFTER, 1)])
def test_status_fault_fails_before_or_after_the_write(
    sandbox: Sandbox, bot: Client, status: int, when: FaultTiming, made: int
) -> None:
    sandbox.gate.faults.add(Fault(FaultKind.STATUS, when, status=status, retry_after="86400"))
    response = bot.post(BODY)
    assert (response.status_code, response.headers["retry-after"]) == (status, "86400")
    assert len(sandbox.world.items) == made
    assert bot.post(WHO).status_code == 200


@pytest.mark.parametrize("kind", [FaultKind.RESET, FaultKind.TRUNCATED])
def test_connection_is_cut_after_the_write(sandbox: Sandbox, bot: Client, kind: FaultKind) -> None:
    sandbox.gate.faults.add(Fault(kind, FaultTiming.AFTER))
    with pytest.raises(requests.RequestException):
        bot.post(BODY)
    assert len(sandbox.world.items) == 1
    assert bot.post(WHO).json()["data"] == {"currentUser": {"username": "psbot-bot"}}


def test_connection_is_cut_before_the_write(sandbox: Sandbox, bot: Client) -> None:
    sandbox.gate.faults.add(Fault(FaultKind.RESET))
    with pytest.raises(requests.ConnectionError):
        bot.post(BODY)
    assert sandbox.world.items == {}
    assert sandbox.gate.log.entries[0].status == 0


@pytest.mark.parametrize("when", list(FaultTiming))
def test_stalled_write_completes_after_the_client_has_given_up(
    sandbox: Sandbox, bot: Client, when: FaultTiming
) -> None:
    sandbox.gate.faults.add(Fault(FaultKind.STALL, when, seconds=0.3))
    with pytest.raises(requests.Timeout):
        bot.session.post(f"{sandbox.url}/api/graphql", json=BODY, timeout=0.1)
    pause = threading.Event()
    while not sandbox.gate.log.entries:
        pause.wait(0.01)
    assert len(sandbox.world.items) == 1


@pytest.mark.parametrize("kind", [FaultKind.NOT_JSON, FaultKind.LOGIN_PAGE])
def test_body_is_not_json(sandbox: Sandbox, bot: Client, kind: FaultKind) -> None:
    sandbox.gate.faults.add(Fault(kind, FaultTiming.AFTER))
    response = bot.post(BODY)
    assert response.status_code == 200
    with pytest.raises(ValueError, match="Expecting value"):
        response.json()


def test_redirect_leads_to_another_host(sandbox: Sandbox, bot: Client) -> None:
    sandbox.gate.faults.add(Fault(FaultKind.REDIRECT))
    response = bot.post(WHO, allow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (302, "http://elsewhere.invalid/")


def test_payload_error_comes_inside_http_200(sandbox: Sandbox, bot: Client) -> None:
    sandbox.gate.faults.add(Fault(FaultKind.PAYLOAD_ERROR))
    payload = bot.execute(CREATE, input=EPIC_INPUT)["workItemCreate"]
    assert payload == {
        "workItem": None,
        "errors": ["This endpoint has been requested too many times. Try again later."],
    }
    assert sandbox.world.items == {}


def test_batch_is_executed_partially(sandbox: Sandbox, bot: Client) -> None:
    sandbox.gate.faults.add(Fault(FaultKind.PARTIAL, first=2))
    fields = " ".join(
        f"w{number}: workItemCreate(input: $i) {{ errors workItem {{ id }} }}" for number in range(4)
    )
    answer = bot.execute_raw(f"mutation($i: WorkItemCreateInput!) {{ {fields} }}", i=EPIC_INPUT)
    assert [answer["data"][f"w{number}"] is not None for number in range(4)] == [True, True, False, False]
    assert [error["path"] for error in answer["errors"]] == [["w2"], ["w3"]]
    assert len(sandbox.world.items) == 2


@pytest.mark.parametrize(
    ("kind", "first", "expected"), [(FaultKind.SHORT_LIST, 1, 1), (FaultKind.EMPTY_LIST, 1, 0)]
)
def test_list_is_shortened_silently(
    sandbox: Sandbox, bot: Client, kind: FaultKind, first: int, expected: int
) -> None:
    for title in ("a", "b"):
        bot.epic(title)
    query = f'{{ group(fullPath: "{GROUP}") {{ workItems {{ count nodes {{ id }} pageInfo {{ hasNextPage }} }} }} }}'

    def graphql() -> int:
        return len(bot.execute(query)["group"]["workItems"]["nodes"])

    def rest() -> int:
        return len(bot.get("/groups/acme/epics"))

    for ask in (graphql, rest):
        sandbox.gate.faults.add(Fault(kind, first=first))
        assert ask() == expected
        assert ask() == 2


def test_list_omits_confidential_items_silently(sandbox: Sandbox, bot: Client) -> None:
    for title in ("a", "b"):
        bot.epic(title, confidential=title == "a")
    query = f'{{ group(fullPath: "{GROUP}") {{ workItems {{ count nodes {{ title }} }} }} }}'
    for seen in (["b"], ["b", "a"]):
        if len(seen) == 1:
            sandbox.gate.faults.add(Fault(FaultKind.NO_CONFIDENTIAL))
        found = bot.execute(query)["group"]["workItems"]
        assert ([node["title"] for node in found["nodes"]], found["count"]) == (seen, len(seen))
    sandbox.gate.faults.add(Fault(FaultKind.NO_CONFIDENTIAL))
    assert [one["title"] for one in bot.get("/groups/acme/epics")] == ["b"]


def test_batch_continues_after_the_client_has_disconnected(sandbox: Sandbox, bot: Client) -> None:
    sandbox.gate.faults.add(Fault(FaultKind.SLOW_WORK, seconds=0.2))
    fields = " ".join(f"w{number}: workItemCreate(input: $i) {{ errors }}" for number in range(3))
    body = {
        "query": f"mutation($i: WorkItemCreateInput!) {{ {fields} }}",
        "variables": {"i": EPIC_INPUT},
    }
    with pytest.raises(requests.Timeout):
        bot.session.post(f"{sandbox.url}/api/graphql", json=body, timeout=0.3)
    assert len(sandbox.world.items) < 3
    pause = threading.Event()
    while not sandbox.gate.log.entries:
        pause.wait(0.01)
    assert len(sandbox.world.items) == 3


def test_rule_applies_only_to_matching_requests(sandbox: Sandbox, bot: Client) -> None:
    faults = sandbox.gate.faults
    faults.add(Fault(FaultKind.STATUS, number=3, status=500))
    faults.add(Fault(FaultKind.STATUS, operation="^Special$", status=502))
    faults.add(Fault(FaultKind.STATUS, path="/issues$", method="GET", status=504))
    faults.add(Fault(FaultKind.STATUS, writes_only=True, status=503))
    statuses = [bot.post(WHO).status_code for _ in range(4)]
    assert statuses == [200, 200, 500, 200]
    assert bot.post({"query": "query Special { currentUser { id } }"}).status_code == 502
    assert bot.rest("GET", "/groups/acme/issues").status_code == 504
    assert bot.post(BODY).status_code == 503
    assert [rule.applied for rule in faults.rules] == [1, 1, 1, 1]


def test_maintenance_mode_refuses_writes_and_allows_reads(sandbox: Sandbox, bot: Client) -> None:
    sandbox.world.is_in_maintenance = True
    assert "read-only instance" in bot.execute_raw(CREATE, input=EPIC_INPUT)["errors"][0]["message"]
    assert bot.rest("POST", "/groups/acme/labels", data={"name": "x", "color": "red"}).status_code == 403
    assert bot.post(WHO).status_code == 200


def control(sandbox: Sandbox, method: str, path: str, **options: Any) -> Any:
    response = requests.request(method, f"{sandbox.url}/-/sandbox{path}", timeout=10, **options)
    assert response.status_code == 200, response.text
    return response.json()


def test_control_moves_the_clock(sandbox: Sandbox) -> None:
    assert control(sandbox, "POST", "/clock", json={"now": "2027-01-01T08:00:00+00:00"})["now"].startswith(
        "2027-01-01"
    )
    assert control(sandbox, "POST", "/clock", json={"days": 2})["now"].startswith("2027-01-03")


def test_control_sets_and_shows_faults(sandbox: Sandbox, bot: Client) -> None:
    control(sandbox, "POST", "/faults", json={"kind": "status", "status": 502, "times": 2})
    assert bot.post(WHO).status_code == 502
    assert [one["applied"] for one in control(sandbox, "GET", "/faults")] == [1]
    assert control(sandbox, "DELETE", "/faults") == []
    assert bot.post(WHO).status_code == 200


def test_control_shows_and_resets_the_request_log(sandbox: Sandbox, bot: Client) -> None:
    bot.post(BODY)
    shown = control(sandbox, "GET", "/requests")["summary"]
    assert (shown["requests"], shown["writes"], shown["mutations"]) == (1, 1, 1)
    assert control(sandbox, "DELETE", "/requests")["requests"] == 0


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}])
def test_control_refuses_other_sites(sandbox: Sandbox, headers: dict[str, str]) -> None:
    response = requests.get(f"{sandbox.url}/-/sandbox/people", headers=headers, timeout=10)
    assert response.status_code == 403


def test_canonical_state_is_equal_for_two_histories_with_the_same_result() -> None:
    states = []
    for order in ((1, 2), (2, 1)):
        with running_sandbox(sandbox_world()) as sandbox:
            bot = Client(sandbox)
            for number in order:
                item = bot.epic(f"Epic {number}")
                bot.execute(NOTE, input={"noteableId": item["id"], "body": f"note {number}"})
            states.append(canonical_state(sandbox.world))
    assert states[0] == states[1]
    assert [item["title"] for item in states[0]["items"]] == ["Epic 1", "Epic 2"]


def test_delay_applies_to_every_mutation_of_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    with running_sandbox(sandbox_world(), latency_ms=40, work_ms=7) as sandbox:
        monkeypatch.setattr("psbot.sandbox.server.gate.asyncio.sleep", sleep)
        fields = " ".join(f"w{number}: workItemCreate(input: $i) {{ errors }}" for number in range(3))
        Client(sandbox).execute(f"mutation($i: WorkItemCreateInput!) {{ {fields} }}", i=EPIC_INPUT)
        monkeypatch.undo()
    assert [seconds for seconds in slept if seconds in (0.02, 0.007)] == [0.02, 0.007, 0.007, 0.007, 0.02]
