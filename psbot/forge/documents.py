"""Every GraphQL document psbot sends, as text; :func:`every_document` lists one of each shape.

GitLab takes 10,000 characters and a complexity of 250 a query and gives at most 100 nodes a page (GitLab's
documentation of GraphQL limits). Values always travel as variables, never inside the text.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache

PAGE = 100  # the most nodes that GitLab gives in one page
BATCH = 15
AUDIENCES = 3  # projects in one request for their members
PLACES = 10  # projects in one access check
PAIRS = 8  # people and places in one membership check


class Part(StrEnum):
    """One listing of work items of a group; a request may ask for one page of several parts."""

    EPICS = "epics"
    CHILDREN = "children"
    LABELLED = "labelled"
    NAMED = "named"
    MOVED = "moved"
    CONFIDENTIAL = "confidential"


_ACCOUNT = "{ username bot type }"


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


@cache
def access(projects: int) -> str:
    """Return the query for what the token may do in ``$group`` and in ``$project0`` to ``$project<n-1>``."""
    variables = "".join(f", $project{number}: ID!" for number in range(projects))
    place = "id fullPath archived maxAccessLevel { integerValue }"
    fields = "".join(
        f"\n  project{number}: project(fullPath: $project{number})"
        f" {{ {place} workItemTypes(name: ISSUE) {{ nodes {{ id name }} }} }}"
        for number in range(projects)
    )
    return (
        f"query Access($group: ID!{variables}) {{\n  currentUser {{ id username bot type }}\n"
        "  group(fullPath: $group) { id fullPath maxAccessLevel { integerValue }"
        f" workItemTypes(name: EPIC) {{ nodes {{ id name }} }}"
        f" epics: workItems(types: [EPIC], state: all, first: 1) {{ count }} }}{fields}\n}}"
    )


@cache
def access_and_labels(projects: int) -> str:
    """Return :func:`access` together with the first page of the labels of ``$labelGroup``."""
    head, body = access(projects).split(") {", 1)
    label_group = _LABEL_GROUP.replace("\n", "\n  ")
    return f"{head}, $labelGroup: ID!, $after: String) {{{body[:-1]}  {label_group}\n}}"


_LABEL_GROUP = """labelGroup: group(fullPath: $labelGroup) {
  id maxAccessLevel { integerValue }
  labels(searchIn: [TITLE], includeAncestorGroups: true, first: 100, after: $after) {
    count nodes { id title } pageInfo { hasNextPage endCursor }
  }
}"""

LABELS = f"query Labels($labelGroup: ID!, $after: String) {{\n{_LABEL_GROUP}\n}}"

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

_MEMBERS = {
    "group": ("groupMembers", "[DIRECT, INHERITED, SHARED_FROM_GROUPS]"),
    "project": ("projectMembers", "[DIRECT, INHERITED, INVITED_GROUPS, SHARED_INTO_ANCESTORS]"),
}


@cache
def people(places: tuple[str, ...]) -> str:
    """Return the query for the accounts ``$usernames`` and memberships, one for each of *places*.

    A place is ``group`` or ``project``; the variables of number *n* are ``place<n>`` (full path) and
    ``person<n>`` (username, searched for).
    """
    variables = "".join(f", $place{number}: ID!, $person{number}: String!" for number in range(len(places)))
    fields = ""
    for number, place in enumerate(places):
        members, relations = _MEMBERS[place]
        fields += (
            f"\n  place{number}: {place}(fullPath: $place{number}) {{ id members: {members}"
            f"(search: $person{number}, relations: {relations}, first: 50)"
            " { nodes { user { username } } pageInfo { hasNextPage } } }"
        )
    return (
        f"query People($usernames: [String!]{variables}) {{\n"
        "  users(usernames: $usernames, first: 100) { nodes { id username state } }"
        f"{fields}\n}}"
    )


@cache
def audience(projects: int) -> str:
    """Return the query for who can read ``$project0`` to ``$project<n-1>``: a page of members each.

    The cursor ``$after`` is for a query for one project.
    """
    _, relations = _MEMBERS["project"]
    variables = ", ".join(f"$project{number}: ID!" for number in range(projects))
    fields = "".join(
        f"\n  project{number}: project(fullPath: $project{number}) {{ id visibility"
        f" members: projectMembers(relations: {relations}, first: 100, after: $after)"
        f" {{ nodes {{ user {_ACCOUNT} }} pageInfo {{ hasNextPage endCursor }} }} }}"
        for number in range(projects)
    )
    return f"query Audience({variables}, $after: String) {{{fields}\n}}"


SELF = "/personal_access_tokens/self"  # REST: GraphQL does not tell a token's scopes
SERVER = "query Server { metadata { version enterprise } currentUser { username bot type } }"


@cache
def _mutations(operation: str, field: str, input_type: str, answer: str, count: int) -> str:
    variables = ", ".join(f"$input{number}: {input_type}!" for number in range(count))
    fields = "".join(
        f"\n  write{number}: {field}(input: $input{number}) {{ errors {answer} }}" for number in range(count)
    )
    return f"mutation {operation}({variables}) {{{fields}\n}}"


def create_labels(count: int) -> str:
    """Return the mutation that makes *count* labels, ``$input0`` and so on, answered as ``write0`` …."""
    return _mutations("CreateLabels", "labelCreate", "LabelCreateInput", "label { id title }", count)


def create_items(count: int) -> str:
    """Return the mutation that makes *count* work items, ``$input0`` and so on, answered as ``write0`` …."""
    return _mutations(
        "CreateItems", "workItemCreate", "WorkItemCreateInput", "workItem { id iid webUrl }", count
    )


def update_items(count: int) -> str:
    """Return the mutation that changes *count* work items, ``$input0`` and so on, answered as ``write0`` …."""
    return _mutations(
        "UpdateItems", "workItemUpdate", "WorkItemUpdateInput", "workItem { id iid webUrl }", count
    )


def create_notes(count: int) -> str:
    """Return the mutation that posts *count* notes, ``$input0`` and so on, answered as ``write0`` …."""
    return _mutations("CreateNotes", "createNote", "CreateNoteInput", "note { id url }", count)


def update_notes(count: int) -> str:
    """Return the mutation that edits *count* notes, ``$input0`` and so on, answered as ``write0`` …."""
    return _mutations("UpdateNotes", "updateNote", "UpdateNoteInput", "note { id url }", count)


# Parts that are asked for in one request; two full parts together with a third would come near the limit.
PAIRINGS: tuple[tuple[Part, ...], ...] = (
    (Part.EPICS,),
    (Part.EPICS, Part.LABELLED),
    (Part.CHILDREN,),
    (Part.CHILDREN, Part.LABELLED),
    (Part.LABELLED,),
    (Part.NAMED,),
    (Part.MOVED,),
    (Part.CONFIDENTIAL,),
)


def name_of(document: str) -> str:
    """Return what a document is called, with its verb: ``query Access``."""
    return " ".join(document.replace("(", " ").split()[:2])


def every_document() -> Iterator[str]:
    """Yield the largest document of every shape, for checks against GitLab's schema and for the docs."""
    yield from map(listing, PAIRINGS)
    yield from (listing(parts, with_newest=True) for parts in PAIRINGS if set(parts) - {Part.LABELLED})
    yield from (
        access(PLACES),
        access_and_labels(2),
        LABELS,
        ITEM,
        ACTIVITY,
        HISTORIES,
        WHOLE_HISTORIES,
        COMMENTS,
    )
    yield people(("group",) * (PAIRS // 2) + ("project",) * (PAIRS // 2))
    yield from (audience(AUDIENCES), SERVER)
    batches: Iterable[str] = (
        write(BATCH) for write in (create_labels, create_items, update_items, create_notes, update_notes)
    )
    yield from batches
