"""Every GraphQL document psbot sends, as text; :func:`every_document` lists one of each shape.

GitLab takes 10,000 characters and a complexity of 250 a query and gives at most 100 nodes a page (GitLab's
documentation of GraphQL limits). Values always travel as variables, never inside the text.
"""

from enum import StrEnum
from functools import cache

from psbot.gitlab.account_queries import _ACCOUNT

PAGE = 100  # the most nodes that GitLab gives in one page
BATCH = 15


class Part(StrEnum):
    """One listing of work items of a group; a request may ask for one page of several parts."""

    EPICS = "epics"
    CHILDREN = "children"
    LABELLED = "labelled"
    NAMED = "named"
    MOVED = "moved"
    CONFIDENTIAL = "confidential"


def _item(name: str, fields: str, label: str, types: str, widgets: str) -> str:
    return f"""
fragment {name} on WorkItem {{
  id iid title description state confidential createdAt updatedAt movedToWorkItemUrl{fields}
  author {_ACCOUNT}
  namespace {{ fullPath }}
  workItemType {{ name }}
  widgets(onlyTypes: [LABELS, ASSIGNEES, HIERARCHY, START_AND_DUE_DATE, {types}]) {{
    ... on WorkItemWidgetLabels {{ labels(first: {PAGE}) {{ nodes {{ {label} }} }} }}
    ... on WorkItemWidgetAssignees {{ assignees(first: 100) {{ nodes {{ username }} }} }}
    ... on WorkItemWidgetHierarchy {{ parent {{ id }} }}
    ... on WorkItemWidgetStartAndDueDate {{ startDate dueDate }}
{widgets}
  }}
}}"""


_FULL = _item(
    "Full",
    " webUrl closedAt",
    "id title",
    "TIME_TRACKING",
    "    ... on WorkItemWidgetTimeTracking { totalTimeSpent }",
)

# The newest note of an item often settles in a list whether a person acted lately, without a look at its notes. What
# does not matter for that is left out: such a list may be of all items of a portfolio. What a write compares an item
# by, to see whether somebody has changed it meanwhile, is not left out.
_NEWEST = _item(
    "Newest",
    "",
    "title",
    "NOTES",
    f"""\
    ... on WorkItemWidgetNotes {{
      discussions(filter: ALL_NOTES, sort: CREATED_DESC, first: 1) {{
        nodes {{
          notes(last: 1) {{ nodes {{ createdAt author {_ACCOUNT} systemNoteMetadata {{ action }} }} }}
        }}
      }}
    }}""",
)
# Of an item that has moved lately it is enough which engagement it belongs to.
_MOVED = """
fragment Moved on WorkItem {
  id description
  widgets(onlyTypes: [HIERARCHY]) { type ... on WorkItemWidgetHierarchy { parent { id } } }
}"""

# Of labelled items the marker is enough: those that turn out to be wanted and new are asked for by id.
_BRIEF = """
fragment Brief on WorkItem { id description }"""

_ARGUMENTS = {
    Part.EPICS: ("types: [EPIC]", ""),
    Part.CHILDREN: ("parentIds: $parents, includeDescendants: true", "$parents: [WorkItemID!]"),
    Part.LABELLED: ("labelName: $labels, includeDescendants: true", "$labels: [String!]"),
    Part.NAMED: ("ids: $ids, includeDescendants: true", "$ids: [WorkItemID!]"),
    Part.MOVED: ("updatedAfter: $since, includeDescendants: true", "$since: Time"),
    Part.CONFIDENTIAL: ("confidential: true", ""),
}
_FRAGMENTS = {Part.LABELLED: "Brief", Part.MOVED: "Moved"}


@cache
def listing(parts: tuple[Part, ...], with_newest: bool = False) -> str:
    """Return the query for one page of each of *parts* of group ``$group``, oldest first, *with_newest* notes or not.

    Confidential items are those of one project, whose path is then ``$group``.
    Variables: ``group``, ``page``, a cursor ``<part>After`` for each part, and ``parents``, ``labels``,
    ``ids``, ``since`` for the parts that filter by them.
    """
    variables = ["$group: ID!", "$page: Int!"]
    fields = []
    for part in parts:
        arguments, variable = _ARGUMENTS[part]
        variables += [*([variable] if variable else []), f"${part}After: String"]
        fragment = _FRAGMENTS.get(part, "Newest" if with_newest else "Full")
        fields.append(
            f"    {part}: workItems({arguments}, state: all, sort: CREATED_ASC, first: $page, after: ${part}After)"
            f" {{ count nodes {{ ...{fragment} }} pageInfo {{ hasNextPage endCursor }} }}"
        )
    texts = {"Brief": _BRIEF, "Moved": _MOVED, "Full": _FULL, "Newest": _NEWEST}
    fragments = "".join(text for name, text in texts.items() if f"...{name} " in "".join(fields))
    head = f"query Listing({', '.join(variables)})"
    body = "\n".join(fields)
    place = "group: project" if Part.CONFIDENTIAL in parts else "group"
    return f"{head} {{\n  {place}(fullPath: $group) {{\n    id\n{body}\n  }}\n}}{fragments}"


ITEM = f"""query Item($namespace: ID!, $iid: String!) {{
  namespace(fullPath: $namespace) {{ id workItem(iid: $iid) {{ ...Full }} }}
}}{_FULL}"""


# Label changes are events; GitLab shows them as notes in the discussions, with their author.
ACTIVITY = f"""query Activity($group: ID!, $ids: [WorkItemID!]) {{
  group(fullPath: $group) {{
    id
    workItems(ids: $ids, includeDescendants: true, state: all, first: 20) {{
      nodes {{
        id createdAt
        author {_ACCOUNT}
        widgets(onlyTypes: [DESCRIPTION, NOTES]) {{
          type
          ... on WorkItemWidgetDescription {{ lastEditedBy {_ACCOUNT} }}
          ... on WorkItemWidgetNotes {{
            discussions(filter: ALL_NOTES, first: 100) {{
              nodes {{ notes(first: 100) {{ nodes {{ system createdAt author {_ACCOUNT} }} }} }}
              pageInfo {{ hasNextPage }}
            }}
          }}
        }}
      }}
    }}
  }}
}}"""

_SYSTEM_NOTE = f"body createdAt author {_ACCOUNT} systemNoteMetadata {{ action }}"

_COMMENT = f"id body system createdAt author {_ACCOUNT} lastEditedBy {_ACCOUNT}"


def _histories(name: str, notes: str, fields: str) -> str:
    return f"""query {name}($group: ID!, $ids: [WorkItemID!], $after: String) {{
  group(fullPath: $group) {{
    id
    workItems(ids: $ids, includeDescendants: true, state: all, first: 20) {{
      nodes {{
        id
        widgets(onlyTypes: [NOTES]) {{
          type
          ... on WorkItemWidgetNotes {{
            discussions(filter: {notes}, sort: CREATED_DESC, first: 100, after: $after) {{
              nodes {{ notes(last: 100) {{ nodes {{ {fields} }} }} }}
              pageInfo {{ hasNextPage endCursor }}
            }}
          }}
        }}
      }}
    }}
  }}
}}"""


# What was done to items, newest first: an old history may go on over pages, the last events are what counts.
HISTORIES = _histories("Histories", "ONLY_ACTIVITY", _SYSTEM_NOTE)
WHOLE_HISTORIES = _histories("WholeHistories", "ALL_NOTES", f"system {_SYSTEM_NOTE}")

COMMENTS = f"""query Comments($group: ID!, $ids: [WorkItemID!], $after: String) {{
  group(fullPath: $group) {{
    id
    workItems(ids: $ids, includeDescendants: true, state: all, first: 20) {{
      nodes {{
        id
        widgets(onlyTypes: [NOTES]) {{
          type
          ... on WorkItemWidgetNotes {{
            discussions(filter: ONLY_COMMENTS, first: 100, after: $after) {{
              nodes {{ notes(first: 100) {{ nodes {{ {_COMMENT} }} }} }}
              pageInfo {{ hasNextPage endCursor }}
            }}
          }}
        }}
      }}
    }}
  }}
}}"""
