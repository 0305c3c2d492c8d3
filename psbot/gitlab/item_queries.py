"""GraphQL queries about work items: lists, activity, histories and comments.

GitLab takes 10,000 characters and a complexity of 250 a query and returns at most 100 nodes a page (GitLab's
documentation of GraphQL limits). Values are always sent as variables, never inside the text.
"""

from enum import StrEnum
from functools import cache

from psbot.gitlab.account_queries import ACCOUNT_FIELDS

PAGE_SIZE = 100  # the most nodes that GitLab gives in one page
MAX_BATCH = 15


class ItemList(StrEnum):
    """The lists of work items of a group that psbot reads; one request may ask for a page of several."""

    EPICS = "epics"
    CHILDREN = "children"
    LABELLED = "labelled"
    BY_ID = "requested"
    UPDATED = "updated"
    CONFIDENTIAL = "confidential"


def _item_fragment(name: str, fields: str, label: str, types: str, widgets: str) -> str:
    return f"""
fragment {name} on WorkItem {{
  id iid title description state confidential createdAt updatedAt movedToWorkItemUrl{fields}
  author {ACCOUNT_FIELDS}
  namespace {{ fullPath }}
  webUrl workItemType {{ id name }}
  widgets(onlyTypes: [LABELS, ASSIGNEES, HIERARCHY, START_AND_DUE_DATE, {types}]) {{
    ... on WorkItemWidgetLabels {{ labels(first: {PAGE_SIZE}) {{ nodes {{ {label} }} }} }}
    ... on WorkItemWidgetAssignees {{ assignees(first: 100) {{ nodes {{ username }} }} }}
    ... on WorkItemWidgetHierarchy {{ parent {{ id }} }}
    ... on WorkItemWidgetStartAndDueDate {{ startDate dueDate }}
{widgets}
  }}
}}"""


_FULL_FRAGMENT = _item_fragment(
    "Full",
    " closedAt",
    "id title",
    "TIME_TRACKING",
    "    ... on WorkItemWidgetTimeTracking { totalTimeSpent }",
)

# The newest note of an item often shows in a list whether a person acted lately, without reading its notes. Fields that
# do not matter for that are left out: such a list may have all items of a portfolio. Fields that a write compares, to
# see whether the item has changed meanwhile, are kept.
_NEWEST_NOTE_FRAGMENT = _item_fragment(
    "Newest",
    "",
    "title",
    "NOTES",
    f"""\
    ... on WorkItemWidgetNotes {{
      discussions(filter: ALL_NOTES, sort: CREATED_DESC, first: 1) {{
        nodes {{
          notes(last: 1) {{ nodes {{ createdAt author {ACCOUNT_FIELDS} systemNoteMetadata {{ action }} }} }}
        }}
      }}
    }}""",
)
# Of an item that has been updated lately it is enough to know to which engagement it belongs.
_UPDATED_FRAGMENT = """
fragment Updated on WorkItem {
  id description
  widgets(onlyTypes: [HIERARCHY]) { type ... on WorkItemWidgetHierarchy { parent { id } } }
}"""

# Of labelled items the marker is enough: those that are ours and not listed yet are read by id.
_SUMMARY_FRAGMENT = """
fragment Brief on WorkItem { id description }"""

_ARGUMENTS = {
    ItemList.EPICS: ("types: [EPIC]", ""),
    ItemList.CHILDREN: ("parentIds: $parents, includeDescendants: true", "$parents: [WorkItemID!]"),
    ItemList.LABELLED: ("labelName: $labels, includeDescendants: true", "$labels: [String!]"),
    ItemList.BY_ID: ("ids: $ids, includeDescendants: true", "$ids: [WorkItemID!]"),
    ItemList.UPDATED: ("updatedAfter: $since, includeDescendants: true", "$since: Time"),
    ItemList.CONFIDENTIAL: ("confidential: true", ""),
}
_SHORT_FRAGMENTS = {ItemList.LABELLED: "Brief", ItemList.UPDATED: "Updated"}


@cache
def list_query(item_lists: tuple[ItemList, ...], with_newest_note: bool = False) -> str:
    """Return the query for one page of each of *item_lists* of group ``$group``, oldest first.

    Confidential items are those of one project, whose path is then ``$group``.
    Variables: ``group``, ``page``, a cursor ``<list>After`` for each list, and ``parents``, ``labels``,
    ``ids``, ``since`` for the lists that filter by them.
    """
    variables = ["$group: ID!", "$page: Int!"]
    fields = []
    for part in item_lists:
        arguments, variable = _ARGUMENTS[part]
        variables += [*([variable] if variable else []), f"${part}After: String"]
        fragment = _SHORT_FRAGMENTS.get(part, "Newest" if with_newest_note else "Full")
        fields.append(
            f"    {part}: workItems({arguments}, state: all, sort: CREATED_ASC, first: $page, after: ${part}After)"
            f" {{ count nodes {{ ...{fragment} }} pageInfo {{ hasNextPage endCursor }} }}"
        )
    texts = {
        "Brief": _SUMMARY_FRAGMENT,
        "Updated": _UPDATED_FRAGMENT,
        "Full": _FULL_FRAGMENT,
        "Newest": _NEWEST_NOTE_FRAGMENT,
    }
    fragments = "".join(text for name, text in texts.items() if f"...{name} " in "".join(fields))
    head = f"query Listing({', '.join(variables)})"
    body = "\n".join(fields)
    place = "group: project" if ItemList.CONFIDENTIAL in item_lists else "group"
    return f"{head} {{\n  {place}(fullPath: $group) {{\n    id\n{body}\n  }}\n}}{fragments}"


ITEM_QUERY = f"""query Item($namespace: ID!, $iid: String!) {{
  namespace(fullPath: $namespace) {{ id workItem(iid: $iid) {{ ...Full }} }}
}}{_FULL_FRAGMENT}"""


# Label changes are events; GitLab shows them as notes in the discussions, with their author.
ACTIVITY_QUERY = f"""query Activity($group: ID!, $ids: [WorkItemID!]) {{
  group(fullPath: $group) {{
    id
    workItems(ids: $ids, includeDescendants: true, state: all, first: 20) {{
      nodes {{
        id createdAt
        author {ACCOUNT_FIELDS}
        widgets(onlyTypes: [DESCRIPTION, NOTES]) {{
          type
          ... on WorkItemWidgetDescription {{ lastEditedBy {ACCOUNT_FIELDS} }}
          ... on WorkItemWidgetNotes {{
            discussions(filter: ALL_NOTES, first: 100) {{
              nodes {{ notes(first: 100) {{ nodes {{ system createdAt author {ACCOUNT_FIELDS} }} }} }}
              pageInfo {{ hasNextPage }}
            }}
          }}
        }}
      }}
    }}
  }}
}}"""

_SYSTEM_NOTE = f"body createdAt author {ACCOUNT_FIELDS} systemNoteMetadata {{ action }}"

_COMMENT = f"id body system createdAt author {ACCOUNT_FIELDS} lastEditedBy {ACCOUNT_FIELDS}"


def _history_query(name: str, notes: str, fields: str) -> str:
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


# The events of items, newest first: an old history may have many pages, and the last events matter most.
HISTORIES_QUERY = _history_query("Histories", "ONLY_ACTIVITY", _SYSTEM_NOTE)
WHOLE_HISTORIES_QUERY = _history_query("WholeHistories", "ALL_NOTES", f"system {_SYSTEM_NOTE}")

COMMENTS_QUERY = f"""query Comments($group: ID!, $ids: [WorkItemID!], $after: String) {{
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
