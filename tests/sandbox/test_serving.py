"""The server: tokens, errors, pages and limits."""

import socket
from datetime import timedelta

import pytest

from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.state.seed import GROUP, READ_ONLY_TOKEN
from tests.sandbox.client import CREATE, EPIC, ISSUE, Client

WHO = "{ currentUser { username bot type } }"
UNAVAILABLE = "The resource that you are attempting to access does not exist or you don't have permission"


def test_bearer_token_identifies_the_current_user(sandbox: Sandbox) -> None:
    client = Client(sandbox, token="")
    answer = client.post({"query": WHO}, headers={"Authorization": "Bearer sandbox-token-maria"}).json()
    assert answer == {"data": {"currentUser": {"username": "maria", "bot": False, "type": "HUMAN"}}}


def test_current_user_is_null_without_a_token(sandbox: Sandbox) -> None:
    assert Client(sandbox, token="").execute(WHO) == {"currentUser": None}


def test_service_account_is_flagged_as_a_bot(bot: Client) -> None:
    assert bot.execute(WHO) == {
        "currentUser": {"username": "psbot-bot", "bot": True, "type": "SERVICE_ACCOUNT"}
    }


def test_token_is_refused_with_401_when_it_is_unknown(sandbox: Sandbox) -> None:
    response = Client(sandbox, token="nonsense").post({"query": WHO})
    assert (response.status_code, response.json()) == (401, {"errors": [{"message": "Invalid token"}]})


def test_token_is_refused_with_401_when_it_has_expired(sandbox: Sandbox) -> None:
    sandbox.world.tokens["sandbox-token-maria"].expires_on = sandbox.world.clock.now().date()
    assert Client(sandbox, "maria").post({"query": WHO}).status_code == 401
    sandbox.world.clock.advance(timedelta(days=-1))
    assert Client(sandbox, "maria").post({"query": WHO}).status_code == 200


def test_mutation_with_a_read_only_token_is_a_top_level_error(sandbox: Sandbox) -> None:
    reader = Client(sandbox, token=READ_ONLY_TOKEN)
    answer = reader.execute_raw(CREATE, input={"namespacePath": GROUP, "workItemTypeId": EPIC, "title": "x"})
    assert answer["data"] == {"workItemCreate": None}
    assert answer["errors"][0]["message"].startswith(UNAVAILABLE)
    assert sandbox.world.items == {}


def test_missing_and_hidden_work_items_give_the_same_error(bot: Client) -> None:
    hidden = bot.internal("secret")["id"]
    query = "query($id: WorkItemID!) { workItem(id: $id) { title } }"
    for identity in (hidden, "gid://gitlab/WorkItem/999"):
        answer = bot.as_user("ada").execute_raw(query, id=identity)
        assert answer["data"] == {"workItem": None}
        assert answer["errors"][0]["message"].startswith(UNAVAILABLE)


@pytest.mark.parametrize("identity", ["gid://gitlab/User/1", "1", "gid://gitlab/WorkItem/x"])
def test_global_id_is_refused_when_it_is_not_a_work_items(bot: Client, identity: str) -> None:
    answer = bot.execute_raw("query($id: WorkItemID!) { workItem(id: $id) { title } }", id=identity)
    assert "data" not in answer
    assert "Global ID" in answer["errors"][0]["message"] or "instance of" in answer["errors"][0]["message"]


def test_errors_come_inside_http_200_when_a_field_is_unknown(bot: Client) -> None:
    answer = bot.execute_raw("{ currentUser { favouriteColour } }")
    assert "data" not in answer
    assert "favouriteColour" in answer["errors"][0]["message"]


def test_validation_is_an_error_of_the_payload(bot: Client) -> None:
    data = {"namespacePath": GROUP, "workItemTypeId": EPIC, "title": "x" * 256}
    payload = bot.execute(CREATE, input=data)["workItemCreate"]
    assert payload == {"workItem": None, "errors": ["Title is too long (maximum is 255 characters)"]}


def test_type_is_refused_when_the_namespace_does_not_have_it(bot: Client) -> None:
    data = {"namespacePath": GROUP, "workItemTypeId": ISSUE, "title": "x"}
    answer = bot.execute_raw(CREATE, input=data)
    assert answer["data"]["workItemCreate"] is None
    assert answer["errors"][0]["path"] == ["workItemCreate"]


def test_multiplex_answers_queries_in_order(bot: Client) -> None:
    answer = bot.post(
        [{"query": WHO}, {"query": "{ nonsense }"}, {"query": "{ metadata { version } }"}]
    ).json()
    assert [list(one) for one in answer] == [["data"], ["errors"], ["data"]]


def test_query_is_refused_when_it_has_more_than_10000_characters(bot: Client) -> None:
    query = "{ currentUser { " + "username " * 1200 + "} }"
    assert bot.execute_raw(query) == {"errors": [{"message": "Query too large"}]}


def test_query_is_refused_when_it_is_too_complex(bot: Client) -> None:
    fields = " ".join(f"f{number}: workItems(first: 100) {{ nodes {{ id title }} }}" for number in range(40))
    message = bot.execute_raw(f'{{ group(fullPath: "{GROUP}") {{ {fields} }} }}')["errors"][0]["message"]
    assert "exceeds max complexity of 250" in message


def test_complexity_limit_is_lower_without_a_token(sandbox: Sandbox) -> None:
    query = "{ queryComplexity { limit score } }"
    assert Client(sandbox).execute(query)["queryComplexity"] == {"limit": 250, "score": 3}
    assert Client(sandbox, token="").execute(query)["queryComplexity"]["limit"] == 200


def test_page_has_at_most_100_nodes_and_continues_after_its_cursor(bot: Client) -> None:
    made = [bot.epic(f"Epic {number}")["id"] for number in range(103)]
    query = """query($after: String, $sort: WorkItemSort) { group(fullPath: "acme/delivery") {
      workItems(first: 500, after: $after, sort: $sort) {
        count nodes { id } pageInfo { hasNextPage hasPreviousPage endCursor } } } }"""
    first = bot.execute(query, sort="CREATED_ASC")["group"]["workItems"]
    rest = bot.execute(query, sort="CREATED_ASC", after=first["pageInfo"]["endCursor"])["group"]["workItems"]
    assert first["count"] == 103
    assert (len(first["nodes"]), first["pageInfo"]["hasNextPage"]) == (100, True)
    assert (len(rest["nodes"]), rest["pageInfo"]["hasNextPage"]) == (3, False)
    assert [node["id"] for node in first["nodes"] + rest["nodes"]] == made


def test_items_are_sorted_newest_first_by_default(bot: Client) -> None:
    old, new = bot.epic("old"), bot.epic("new")
    query = '{ group(fullPath: "acme/delivery") { workItems { nodes { id } } } }'
    assert bot.execute(query)["group"]["workItems"]["nodes"] == [{"id": new["id"]}, {"id": old["id"]}]


def test_connection_sends_small_packets_at_once(sandbox: Sandbox, bot: Client) -> None:
    bot.execute(WHO)
    (connection,) = sandbox.gate.connections.values()
    assert connection.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_connection_is_reused_for_the_next_request(sandbox: Sandbox, bot: Client) -> None:
    for _ in range(3):
        bot.execute(WHO)
    assert len(sandbox.gate.connections) == 1


def test_request_log_names_operation_and_user_and_counts_mutations(sandbox: Sandbox, bot: Client) -> None:
    bot.execute("query Who { currentUser { id } }")
    bot.execute(
        """mutation Two($a: WorkItemCreateInput!) {
          one: workItemCreate(input: $a) { errors } two: workItemCreate(input: $a) { errors } }""",
        a={"namespacePath": GROUP, "workItemTypeId": EPIC, "title": "x"},
    )
    seen = [(one.number, one.operation, one.username, one.mutations) for one in sandbox.gate.log.entries]
    assert seen == [(1, "Who", "psbot-bot", 0), (2, "Two", "psbot-bot", 2)]
