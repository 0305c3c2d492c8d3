"""The script that a manager would write with python-gitlab: list, read the notes of what looks old, comment on it.

Usage: stale_by_hand.py GROUP DAYS NOW; the server and token come from GITLAB_URL and GITLAB_TOKEN.
"""

import os
import sys
from datetime import datetime, timedelta

import gitlab


def main() -> None:
    gl = gitlab.Gitlab(os.environ["GITLAB_URL"], private_token=os.environ["GITLAB_TOKEN"])
    group = gl.groups.get(sys.argv[1], lazy=True)
    oldest = datetime.fromisoformat(sys.argv[3]) - timedelta(days=int(sys.argv[2]))
    issues = list(group.issues.list(state="opened", scope="all", per_page=100, iterator=True))
    for issue in issues:
        if datetime.fromisoformat(issue.updated_at) < oldest:
            remind(gl, issue, oldest)


def remind(gl, issue, oldest):  # noqa: ANN001, ANN201  python-gitlab's objects have no useful types
    project = gl.projects.get(issue.project_id, lazy=True)
    notes = project.issues.get(issue.iid, lazy=True).notes
    for note in notes.list(sort="desc", order_by="created_at", per_page=20, get_all=False):
        if not note.system and not note.author["username"].endswith("bot"):
            if datetime.fromisoformat(note.created_at) >= oldest:
                return
            break
    people = " ".join(f"@{each['username']}" for each in issue.assignees)
    notes.create({"body": f"{people} nobody has acted on this for a while."})


if __name__ == "__main__":
    main()
