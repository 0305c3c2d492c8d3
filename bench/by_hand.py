"""The script that a manager would write with python-gitlab: look for each item by its title, then make it.

Usage: by_hand.py ITEMS.json; the server and token come from GITLAB_URL and GITLAB_TOKEN. The items, in the order to
make them, the epic first, are those of a psbot plan, so both make the same.
"""

import json
import os
import sys
from pathlib import Path

import gitlab


def main() -> None:
    items = json.loads(Path(sys.argv[1]).read_text())
    gl = gitlab.Gitlab(os.environ["GITLAB_URL"], private_token=os.environ["GITLAB_TOKEN"])
    users = {
        name: gl.users.list(username=name, get_all=False)[0].id
        for name in sorted({item["assignee"] for item in items if item["assignee"]})
    }
    group = gl.groups.get(items[0]["place"])
    make_labels(gl.groups.get(items[0]["label_group"], lazy=True), items[0]["all_labels"])
    projects = {path: gl.projects.get(path) for path in sorted({item["place"] for item in items[1:]})}
    epic = make_epic(group, items[0])
    for item in items[1:]:
        make_issue(projects[item["place"]], epic, item, users)


def make_labels(group, wanted):  # noqa: ANN001, ANN201
    there = {label.name for label in group.labels.list(get_all=True, per_page=100)}
    for title, color in wanted.items():
        if title not in there:
            group.labels.create({"name": title, "color": color})


def make_epic(group, item):  # noqa: ANN001, ANN201  python-gitlab's objects have no useful types
    found = [
        each for each in group.epics.list(search=item["title"], get_all=True) if each.title == item["title"]
    ]
    if found:
        return found[0]
    return group.epics.create(
        {
            "title": item["title"],
            "description": item["description"],
            "labels": ",".join(item["labels"]),
            "start_date_is_fixed": True,
            "start_date_fixed": item["start_on"],
            "due_date_is_fixed": True,
            "due_date_fixed": item["due_on"],
        }
    )


def make_issue(project, epic, item, users):  # noqa: ANN001, ANN201
    found = project.issues.list(search=item["title"], **{"in": "title"}, get_all=True)
    if any(each.title == item["title"] for each in found):
        return
    project.issues.create(
        {
            "title": item["title"],
            "description": item["description"],
            "labels": ",".join(item["labels"]),
            "assignee_ids": [users[item["assignee"]]] if item["assignee"] else [],
            "due_date": item["due_on"],
            "epic_id": epic.id,
        }
    )


if __name__ == "__main__":
    main()
