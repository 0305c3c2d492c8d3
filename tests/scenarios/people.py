"""People who work in the sandbox with tokens of their own, and no hand in the product."""

from dataclasses import dataclass
from typing import Any

from tests.sandbox.client import ISSUE, Client
from tests.scenarios.driver import Story, marker_of

_FOUND = """query($group: ID!) { group(fullPath: $group) {
  workItems(includeDescendants: true, state: all, sort: CREATED_ASC, first: 100) {
    nodes { id iid description namespace { fullPath } workItemType { name } } } } }"""

Data = dict[str, Any]


@dataclass
class Person:
    """Somebody with a token; *what* is an item's key, or what ``opens`` and ``clones`` have returned."""

    story: Story
    username: str

    @property
    def _client(self) -> Client:
        return Client(self.story.sandbox, self.username)

    def found(self, what: "str | Data", of: str | None = None) -> Data:
        """Return the item of that key with the lowest id, as it is now."""
        root = Client(self.story.sandbox, "root")
        top = self.story.file["gitlab"]["group"].partition("/")[0]
        nodes = root.execute(_FOUND, group=top)["group"]["workItems"]["nodes"]
        if not isinstance(what, str):
            return next(node for node in nodes if node["id"] == what["id"])
        marker = marker_of(what, of or self.story.file["engagement"])
        found = [node for node in nodes if marker.match(node["description"].partition("\n")[0])]
        return dict(found[0])

    def changes(self, what: "str | Data", **fields: Any) -> Data:
        """Send one update mutation."""
        item = self.found(what)
        self._client.update(item, **fields)
        return item

    def retitles(self, what: "str | Data", title: str) -> Data:
        return self.changes(what, title=title)

    def moves(self, what: "str | Data", due: str | None) -> Data:
        return self.changes(what, startAndDueDateWidget={"dueDate": due})

    def starts(self, what: "str | Data", start: str) -> Data:
        return self.changes(what, startAndDueDateWidget={"startDate": start, "isFixed": True})

    def gives(self, what: "str | Data", *usernames: str) -> Data:
        users = [self._client.get("/users", params={"username": name})[0]["id"] for name in usernames]
        ids = [f"gid://gitlab/User/{number}" for number in users]
        return self.changes(what, assigneesWidget={"assigneeIds": ids})

    def rewrites(self, what: "str | Data", before: str, after: str) -> Data:
        """Replace *before*, which must stand there once, by *after* in the description."""
        item = self.found(what)
        assert item["description"].count(before) == 1, item["description"]
        text = item["description"].replace(before, after)
        return self.changes(item, descriptionWidget={"description": text})

    def ticks(self, what: "str | Data", task: str) -> Data:
        return self.rewrites(what, f"- [ ] {task}", f"- [x] {task}")

    def unmarks(self, what: "str | Data") -> Data:
        """Take the first line of the description away."""
        text = self.found(what)["description"].partition("\n")[2]
        return self.changes(what, descriptionWidget={"description": text})

    def closes(self, what: "str | Data") -> Data:
        return self.changes(what, stateEvent="CLOSE")

    def unhangs(self, what: "str | Data") -> Data:
        return self.changes(what, hierarchyWidget={"parentId": None})

    def comments(self, what: "str | Data", text: str) -> Data:
        item = self.found(what)
        assert self._client.note(item, text)["errors"] == []
        return item

    def labels(self, what: "str | Data", add: str = "", remove: str = "") -> Data:
        item = self.found(what)
        answer = self._client.rest("PUT", _path(item), json={"add_labels": add, "remove_labels": remove})
        assert answer.status_code == 200, answer.text
        return item

    def deletes(self, what: "str | Data") -> Data:
        item = self.found(what)
        answer = self._client.execute(
            "mutation($input: WorkItemDeleteInput!) { workItemDelete(input: $input) { errors } }",
            input={"id": item["id"]},
        )
        assert answer["workItemDelete"]["errors"] == []
        return item

    def carries(self, what: "str | Data", to: str) -> Data:
        """Move an issue to another project with GitLab's own move."""
        return self._goes("move", what, to)

    def clones(self, what: "str | Data", to: str | None = None) -> Data:
        item = self.found(what)
        return self._goes("clone", item, to or item["namespace"]["fullPath"])

    def _goes(self, how: str, what: "str | Data", to: str) -> Data:
        item = self.found(what)
        target = self._client.get(f"/projects/{to.replace('/', '%2F')}")["id"]
        answer = self._client.rest("POST", f"{_path(item)}/{how}", json={"to_project_id": target})
        assert answer.status_code == 201, answer.text
        return {"id": f"gid://gitlab/WorkItem/{answer.json()['id']}"}

    def opens(
        self, title: str, place: str, description: str = "", labels: str = "", under: str | None = None
    ) -> Data:
        """Open an issue with words, labels and a parent of one's own."""
        parent = {"hierarchyWidget": {"parentId": self.found(under)["id"]}} if under else {}
        item = self._client.create(
            title, place=place, kind=ISSUE, descriptionWidget={"description": description}, **parent
        )
        return self.labels(item, labels) if labels else item

    def archives(self, project: str) -> None:
        answer = self._client.rest("POST", f"/projects/{project.replace('/', '%2F')}/archive")
        assert answer.status_code == 201, answer.text

    def makes_label(self, title: str, group: str, color: str) -> None:
        answer = self._client.rest("POST", f"/groups/{group}/labels", json={"name": title, "color": color})
        assert answer.status_code == 201, answer.text

    def deletes_label(self, title: str, group: str) -> None:
        answer = self._client.rest("DELETE", f"/groups/{group}/labels/{title}")
        assert answer.status_code == 204, answer.text

    def sees(self, group: str) -> set[str]:
        """Return the descriptions of all items below *group* that the person may read."""
        nodes = self._client.execute(_FOUND, group=group)["group"]["workItems"]["nodes"]
        return {node["description"] for node in nodes}


def _path(item: Data) -> str:
    place, name = (
        ("groups", "epics") if item.get("workItemType") == {"name": "Epic"} else ("projects", "issues")
    )
    return f"/{place}/{item['namespace']['fullPath'].replace('/', '%2F')}/{name}/{item['iid']}"
