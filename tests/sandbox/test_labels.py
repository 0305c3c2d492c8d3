"""Labels: scopes, events, ancestors, names (GitLab's documentation of labels)."""

import pytest

from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.server.serve import running_sandbox
from psbot.sandbox.state.accounts import Edition
from psbot.sandbox.state.seed import sandbox_world
from tests.sandbox.client import Client

CREATE_LABEL = (
    "mutation($input: LabelCreateInput!) { labelCreate(input: $input) { errors label { id title color } } }"
)


def labelled(*ids: str) -> dict[str, list[str]]:
    return {"labelIds": list(ids)}


def test_scoped_label_is_replaced_when_another_of_its_scope_is_added(bot: Client) -> None:
    todo, doing, other = bot.label("ps::state::todo"), bot.label("ps::state::doing"), bot.label("ps::kind")
    item = bot.create("x", labelsWidget=labelled(todo, other))
    bot.update(item, labelsWidget={"addLabelIds": [doing]})
    assert bot.item(item).labels == ["ps::kind", "ps::state::doing"]


def test_last_added_label_wins_when_two_have_the_same_scope(bot: Client) -> None:
    first, second = bot.label("s::z"), bot.label("s::a")
    assert bot.item(bot.create("x", labelsWidget=labelled(first, second))).labels == ["s::a"]
    assert bot.item(bot.create("y", labelsWidget=labelled(second, first))).labels == ["s::z"]


def test_scoped_labels_do_not_exclude_each_other_in_the_free_edition() -> None:
    with running_sandbox(sandbox_world(edition=Edition.FREE)) as sandbox:
        bot = Client(sandbox)
        first, second = bot.label("s::a"), bot.label("s::b")
        item = bot.create("x", labelsWidget=labelled(first, second))
        assert bot.item(item).labels == ["s::a", "s::b"]
        listing = 'query($l: [String!]) { project(fullPath: "acme/delivery/project") { workItems(labelName: $l) { count } } }'
        assert bot.execute(listing, l=["s::*"])["project"]["workItems"]["count"] == 0
        assert bot.execute(listing, l=["s::a"])["project"]["workItems"]["count"] == 1


def test_wildcard_finds_every_label_of_the_scope(bot: Client) -> None:
    first, second, deeper = bot.label("s::a"), bot.label("s::b"), bot.label("s::t::c")
    made = [
        bot.create(title, labelsWidget=labelled(label))["id"]
        for title, label in (("x", first), ("y", second))
    ]
    bot.create("z", labelsWidget=labelled(deeper))
    query = """query($l: [String!]) { group(fullPath: "acme") {
      workItems(labelName: $l, includeDescendants: true, sort: CREATED_ASC) { nodes { id } } } }"""
    found = bot.execute(query, l=["s::*"])["group"]["workItems"]["nodes"]
    assert [node["id"] for node in found] == made


def test_label_note_has_label_ids_and_names_the_replaced_label(sandbox: Sandbox, bot: Client) -> None:
    todo, doing = bot.label("s::todo"), bot.label("s::doing")
    item = bot.create("x", labelsWidget=labelled(todo))
    bot.as_user("maria").update(item, labelsWidget={"addLabelIds": [doing]})
    first, second = (identity.rpartition("/")[2] for identity in (todo, doing))
    notes = [note for note in bot.item(item).notes if note["systemNoteMetadata"]["action"] == "label"]
    assert [(note["body"], note["author"]["username"]) for note in notes] == [
        (f"added ~{first} scoped label", "psbot-bot"),
        (f"added ~{second} scoped label and automatically removed ~{first} label", "maria"),
    ]
    events = [(one.action, one.label.title, one.user.username) for one in sandbox.world.items[1].label_events]
    assert events == [
        ("add", "s::todo", "psbot-bot"),
        ("add", "s::doing", "maria"),
        ("remove", "s::todo", "maria"),
    ]


def test_label_of_another_group_is_dropped_silently(sandbox: Sandbox, bot: Client) -> None:
    sandbox.world.add_label(sandbox.world.ensure_namespace("elsewhere", is_group=True), "foreign")
    assert bot.item(bot.create("x", labelsWidget=labelled("gid://gitlab/GroupLabel/1"))).labels == []


@pytest.mark.parametrize(
    ("title", "error"),
    [
        ("", "Title can't be blank"),
        ("a,b", "Title is invalid"),
        ("x" * 256, "Title is too long (maximum is 255 characters)"),
    ],
)
def test_label_is_refused_when_its_title_is_not_valid(bot: Client, title: str, error: str) -> None:
    payload = bot.execute(CREATE_LABEL, input={"groupPath": "acme", "title": title})["labelCreate"]
    assert payload == {"label": None, "errors": [error]}


def test_label_is_refused_when_the_group_has_it(bot: Client) -> None:
    bot.label("bug")
    payload = bot.execute(CREATE_LABEL, input={"groupPath": "acme", "title": " bug "})["labelCreate"]
    assert payload == {"label": None, "errors": ["Title has already been taken"]}


def test_rest_answers_409_when_an_ancestor_has_the_label(bot: Client) -> None:
    bot.label("bug")
    for path in ("/groups/acme", "/groups/acme%2Fdelivery", "/projects/acme%2Fdelivery%2Fproject"):
        response = bot.rest("POST", f"{path}/labels", data={"name": "bug", "color": "red"})
        assert (response.status_code, response.json()) == (409, {"message": "Label already exists"})


def test_rest_creates_a_project_label_when_an_issue_has_an_unknown_one(sandbox: Sandbox, bot: Client) -> None:
    made = bot.rest(
        "POST", "/projects/acme%2Fdelivery%2Fproject/issues", data={"title": "x", "labels": "tpyo,bug"}
    )
    assert made.status_code == 201
    assert made.json()["labels"] == ["bug", "tpyo"]
    assert {label.namespace.full_path for label in sandbox.world.labels.values()} == {"acme/delivery/project"}


def test_label_keeps_its_id_when_it_is_renamed(bot: Client) -> None:
    label = bot.label("old")
    item = bot.create("x", labelsWidget=labelled(label))
    response = bot.rest("PUT", "/groups/acme/labels/old", data={"new_name": "new"})
    assert response.json()["id"] == int(label.rpartition("/")[2])
    assert bot.item(item).labels == ["new"]


def test_deleted_label_is_removed_from_items(bot: Client) -> None:
    item = bot.create("x", labelsWidget=labelled(bot.label("gone")))
    assert bot.rest("DELETE", "/groups/acme/labels/gone").status_code == 204
    assert bot.item(item).labels == []


def test_scoped_and_plain_labels_of_one_change_have_a_note_each_sorted_as_text(bot: Client) -> None:
    labels = [bot.label(title) for title in ("a", "b", *"cdefgh", "i", "j", "s::1", "s::2", "t::1")]
    item = bot.create("x", labelsWidget={"labelIds": [labels[8], labels[9], labels[10]]})
    bot.update(item, labelsWidget={"addLabelIds": [labels[11], labels[0]], "removeLabelIds": [labels[8]]})
    ninth, tenth, first, second, plain = (labels[number].rpartition("/")[2] for number in (8, 9, 10, 11, 0))
    assert bot.item(item).system_notes == [
        f"added {' '.join(sorted([f'~{ninth}', f'~{tenth}']))} labels",
        f"added ~{first} scoped label",
        f"added ~{plain} label and removed ~{ninth} label",
        f"added ~{second} scoped label and automatically removed ~{first} label",
    ]
