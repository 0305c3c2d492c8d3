"""GraphQL queries about accounts, access, labels and the server."""

from functools import cache

AUDIENCES_PER_QUERY = 3  # projects whose members are read in one request
PROJECTS_PER_QUERY = 10  # projects in one access check
GROUPS_PER_QUERY = 5  # groups whose epics are read in one request
MEMBERSHIPS_PER_QUERY = 8  # pairs of account and group or project


ACCOUNT_FIELDS = "{ username bot type }"


# The types are listed whatever the licence and the settings are, so that those are asked for too; and without an
# argument: `name` goes away after 19.0 (GitLab, app/finders/work_items/types_finder.rb and types_resolver.rb of 19.0).
_ROLE_AND_TYPES = "maxAccessLevel { integerValue } workItemTypes { nodes { id name } }"


@cache
def access_query(projects: int) -> str:
    """Return the query for what the token may do in ``$group`` and in ``$project0`` to ``$project<n-1>``."""
    variables = "".join(f", $project{number}: ID!" for number in range(projects))
    fields = "".join(
        f"\n  project{number}: project(fullPath: $project{number})"
        f" {{ id fullPath archived issuesEnabled {_ROLE_AND_TYPES} }}"
        for number in range(projects)
    )
    return (
        f"query Access($group: ID!{variables}) {{\n  currentUser {{ id username bot type }}\n"
        f"  group(fullPath: $group) {{ id fullPath availableFeatures {{ hasEpicsFeature }} {_ROLE_AND_TYPES}"
        f" epics: workItems(types: [EPIC], state: all, first: 1) {{ count }} }}{fields}\n}}"
    )


@cache
def access_and_labels_query(projects: int) -> str:
    """Return :func:`access` together with the first page of the labels of ``$labelGroup``."""
    head, body = access_query(projects).split(") {", 1)
    label_group = _LABEL_GROUP.replace("\n", "\n  ")
    return f"{head}, $labelGroup: ID!, $after: String) {{{body[:-1]}  {label_group}\n}}"


_LABEL_GROUP = """labelGroup: group(fullPath: $labelGroup) {
  id maxAccessLevel { integerValue }
  labels(searchIn: [TITLE], includeAncestorGroups: true, first: 100, after: $after) {
    count nodes { id title } pageInfo { hasNextPage endCursor }
  }
}"""

LABELS_QUERY = f"query Labels($labelGroup: ID!, $after: String) {{\n{_LABEL_GROUP}\n}}"

# Lists leave archived labels out (GitLab, Group.labels of the GraphQL schema of 18.7), but their titles are taken.
ARCHIVED_LABELS_QUERY = """query ArchivedLabels($labelGroup: ID!, $after: String) {
  labelGroup: group(fullPath: $labelGroup) {
    labels(searchIn: [TITLE], includeAncestorGroups: true, archived: true, first: 100, after: $after) {
      nodes { title } pageInfo { hasNextPage endCursor }
    }
  }
}"""


_MEMBER_FIELDS = {
    "group": ("groupMembers", "[DIRECT, INHERITED, SHARED_FROM_GROUPS]"),
    "project": ("projectMembers", "[DIRECT, INHERITED, INVITED_GROUPS, SHARED_INTO_ANCESTORS]"),
}


@cache
def accounts_query(places: tuple[str, ...]) -> str:
    """Return the query for the accounts ``$usernames`` and memberships, one for each of *places*.

    A place is ``group`` or ``project``; the variables of number *n* are ``place<n>`` (full path) and
    ``person<n>`` (username, searched for).
    """
    variables = "".join(f", $place{number}: ID!, $person{number}: String!" for number in range(len(places)))
    fields = ""
    for number, place in enumerate(places):
        members, relations = _MEMBER_FIELDS[place]
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
def audience_query(projects: int) -> str:
    """Return the query for who can read ``$project0`` to ``$project<n-1>``: a page of members each.

    The cursor ``$after`` is for a query for one project.
    """
    _, relations = _MEMBER_FIELDS["project"]
    variables = ", ".join(f"$project{number}: ID!" for number in range(projects))
    fields = "".join(
        f"\n  project{number}: project(fullPath: $project{number}) {{ id visibility"
        f" members: projectMembers(relations: {relations}, first: 100, after: $after)"
        f" {{ nodes {{ user {ACCOUNT_FIELDS} }} pageInfo {{ hasNextPage endCursor }} }} }}"
        for number in range(projects)
    )
    return f"query Audience({variables}, $after: String) {{{fields}\n}}"


@cache
def group_epics_query(groups: int) -> str:
    """Return the query for the epics of ``$group0`` to ``$group<n-1>`` that everybody who sees the group can read."""
    variables = ", ".join(f"$group{number}: ID!" for number in range(groups))
    fields = "".join(
        f"\n  group{number}: group(fullPath: $group{number}) {{ id epics: workItems("
        "types: [EPIC], confidential: false, state: all, sort: CREATED_ASC, first: 100)"
        " { count nodes { iid description } } }"
        for number in range(groups)
    )
    return f"query GroupEpics({variables}) {{{fields}\n}}"


TOKEN_PATH = "/personal_access_tokens/self"  # noqa: S105 - REST: GraphQL does not show a token's scopes
SERVER_QUERY = "query Server { metadata { version enterprise } currentUser { username bot type } }"
