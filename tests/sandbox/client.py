"""A plain client for the sandbox, independent of psbot, so that tests show what they send."""

from dataclasses import dataclass, field
from typing import Any

import requests

from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.state.seed import GROUP, INTERNAL_PROJECT, PROJECT, token_of

ISSUE, TASK, INCIDENT, EPIC = (f"gid://gitlab/WorkItems::Type/{number}" for number in (1, 5, 2, 8))

CREATE = """mutation($input: WorkItemCreateInput!) {
  workItemCreate(input: $input) { errors workItem { id iid title state webUrl } }
}"""
UPDATE = """mutation($input: WorkItemUpdateInput!) {
  workItemUpdate(input: $input) { errors workItem { id iid title state } }
}"""
NOTE = """mutation($input: CreateNoteInput!) {
  createNote(input: $input) { errors note { id body internal } quickActionsStatus { commandNames commandsOnly } }
}"""
ITEM = """query($id: WorkItemID!) { workItem(id: $id) {
  id iid title description state confidential updatedAt lockVersion movedToWorkItemUrl
  widgets {
    type
    ... on WorkItemWidgetLabels { labels { nodes { id title } } }
    ... on WorkItemWidgetAssignees { assignees { nodes { username } } }
    ... on WorkItemWidgetHierarchy { parent { id } children { nodes { id } } }
    ... on WorkItemWidgetStartAndDueDate { startDate dueDate isFixed }
    ... on WorkItemWidgetDescription { lastEditedAt lastEditedBy { username } taskCompletionStatus { count completedCount } }
    ... on WorkItemWidgetNotes { discussions { nodes { notes { nodes {
      id body system internal createdAt author { username } systemNoteMetadata { action }
    } } } } }
  }
} }"""


@dataclass
class Client:
    """One account's session with a running sandbox."""

    sandbox: Sandbox
    username: str = "psbot-bot"
    token: str | None = None
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        token = token_of(self.username) if self.token is None else self.token
        if token:
            self.session.headers["PRIVATE-TOKEN"] = token

    def as_user(self, username: str) -> "Client":
        return Client(self.sandbox, username)

    def post(self, body: Any, **options: Any) -> requests.Response:
        return self.session.post(f"{self.sandbox.url}/api/graphql", json=body, timeout=20, **options)

    def execute_raw(self, query: str, **variables: Any) -> dict[str, Any]:
        response = self.post({"query": query, "variables": variables})
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def execute(self, query: str, **variables: Any) -> dict[str, Any]:
        answer = self.execute_raw(query, **variables)
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data

    def create(self, title: str, *, place: str = PROJECT, kind: str = ISSUE, **fields: Any) -> dict[str, Any]:
        data = {"namespacePath": place, "workItemTypeId": kind, "title": title, **fields}
        payload = self.execute(CREATE, input=data)["workItemCreate"]
        assert payload["errors"] == [], payload
        item: dict[str, Any] = payload["workItem"]
        return item

    def epic(self, title: str, **fields: Any) -> dict[str, Any]:
        return self.create(title, place=GROUP, kind=EPIC, **fields)

    def internal(self, title: str, **fields: Any) -> dict[str, Any]:
        return self.create(title, place=INTERNAL_PROJECT, **fields)

    def update(self, item: dict[str, Any], **fields: Any) -> None:
        payload = self.execute(UPDATE, input={"id": item["id"], **fields})["workItemUpdate"]
        assert payload["errors"] == [], payload

    def note(self, item: dict[str, Any], body: str, **fields: Any) -> dict[str, Any]:
        payload: dict[str, Any] = self.execute(
            NOTE, input={"noteableId": item["id"], "body": body, **fields}
        )["createNote"]
        return payload

    def item(self, item: dict[str, Any]) -> "ItemView":
        return ItemView(self.execute(ITEM, id=item["id"])["workItem"])

    def label(self, title: str, group: str = "acme") -> str:
        query = (
            """mutation($input: LabelCreateInput!) { labelCreate(input: $input) { errors label { id } } }"""
        )
        payload = self.execute(query, input={"groupPath": group, "title": title})["labelCreate"]
        assert payload["errors"] == [], payload
        identity: str = payload["label"]["id"]
        return identity

    def rest(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, f"{self.sandbox.url}/api/v4{path}", timeout=20, **options)

    def get(self, path: str, **options: Any) -> Any:
        response = self.rest("GET", path, **options)
        assert response.status_code == 200, response.text
        return response.json()


@dataclass
class ItemView:
    """An item as the API shows it."""

    data: dict[str, Any]

    def widget(self, kind: str) -> dict[str, Any]:
        return next(widget for widget in self.data["widgets"] if widget["type"] == kind)

    def __getitem__(self, name: str) -> Any:
        return self.data[name]

    @property
    def labels(self) -> list[str]:
        return [node["title"] for node in self.widget("LABELS")["labels"]["nodes"]]

    @property
    def assignees(self) -> list[str]:
        return [node["username"] for node in self.widget("ASSIGNEES")["assignees"]["nodes"]]

    @property
    def notes(self) -> list[dict[str, Any]]:
        threads = self.widget("NOTES")["discussions"]["nodes"]
        return [note for thread in threads for note in thread["notes"]["nodes"]]

    @property
    def system_notes(self) -> list[str]:
        return [note["body"] for note in self.notes if note["system"]]
