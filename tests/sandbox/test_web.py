"""The web pages over plain HTTP: who sees what, where links lead, and that text written by people is inert."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser

import pytest
import requests

from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.server.serve import running_sandbox
from psbot.sandbox.state.accounts import AccessLevel, Edition, UserKind
from psbot.sandbox.state.seed import (
    GROUP,
    INTERNAL_PROJECT,
    PROJECT,
    add_user_with_token,
    empty_world,
    sandbox_world,
)
from psbot.sandbox.web.route import web_routes
from tests.sandbox.client import Client
from tests.sandbox.filled import apply_example, find_item, let_people_work

EPIC = f"/groups/{GROUP}/-/epics/1"
KICK_OFF = f"/{PROJECT}/-/issues/1"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    world = sandbox_world()
    with running_sandbox(world, pages=web_routes(world)) as started:
        yield started


@pytest.fixture(scope="module")
def filled() -> Iterator[Sandbox]:
    """A sandbox that holds the AWS example after a week of work; tests only read it."""
    world = sandbox_world()
    with running_sandbox(world, pages=web_routes(world)) as started:
        apply_example(started)
        let_people_work(started)
        yield started


@pytest.fixture
def bot(sandbox: Sandbox) -> Client:
    return Client(sandbox)


def get_response(sandbox: Sandbox, path: str, viewer: str | None = None) -> requests.Response:
    return requests.get(sandbox.url + path, params={"as": viewer} if viewer else None, timeout=20)


def get_page(sandbox: Sandbox, path: str, viewer: str | None = None) -> str:
    response = get_response(sandbox, path, viewer)
    assert response.status_code == 200, (path, response.text)
    return response.text


def visible_text(html: str) -> str:
    """Return the visible text with whitespace collapsed."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


class Elements(HTMLParser):
    """Every element of a page with its attributes, as a browser would build it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs)))

    def named(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.all if tag == name]


def hrefs(html: str) -> list[str]:
    return [link["href"] or "" for link in Elements(html).named("a") if "href" in link]


# who sees what


def test_epic_shows_every_child_to_the_manager_and_shared_ones_to_the_customer(filled: Sandbox) -> None:
    manager, customer = (
        visible_text(get_page(filled, EPIC, "maria")),
        visible_text(get_page(filled, EPIC, "ada")),
    )
    assert "10 open, 1 closed" in manager
    assert "3 open, 0 closed" in customer
    for title in ("Engagement log", "Sign-off", "Welcome e-mail"):
        assert title in manager
        assert title not in customer
    assert "Intake (AWS): Acme Corp" in customer


def test_epic_marks_children_hidden_from_other_viewers_of_the_epic(filled: Sandbox) -> None:
    rows = re.findall(r"<tr>.*?</tr>", get_page(filled, EPIC), re.DOTALL)
    marked = {
        visible_text(row).split(":")[0].split(" ", 1)[1]
        for row in rows
        if "Not visible to Ada Lovelace" in row
    }
    assert "Engagement log" in marked
    assert "Kick-off" not in marked


def test_customer_sees_no_internal_item_on_any_page(filled: Sandbox) -> None:
    paths = ["/", f"/groups/{GROUP}", f"/groups/{GROUP}/-/boards", f"/{PROJECT}", "/paul", EPIC, KICK_OFF]
    for path in paths:
        html = get_page(filled, path, "ada")
        assert INTERNAL_PROJECT not in html, path
        assert "Sign-off: Acme" not in html, path
        assert "Post-mortem: Acme" not in html, path
    assert INTERNAL_PROJECT in get_page(filled, "/", "maria")


def test_hidden_and_missing_pages_give_the_same_404(filled: Sandbox) -> None:
    hidden, absent = (
        get_response(filled, path, "ada")
        for path in (f"/{INTERNAL_PROJECT}/-/issues/1", f"/{INTERNAL_PROJECT}/-/issues/999")
    )
    assert (hidden.status_code, absent.status_code) == (404, 404)
    assert hidden.text.replace("issues/1", "") == absent.text.replace("issues/999", "")
    assert "This page does not exist, or Ada Lovelace cannot see it." in visible_text(hidden.text)


@pytest.mark.parametrize("path", [f"/{INTERNAL_PROJECT}", f"/{INTERNAL_PROJECT}/-/boards"])
def test_hidden_project_is_404(sandbox: Sandbox, path: str) -> None:
    assert get_response(sandbox, path, "ada").status_code == 404
    assert get_response(sandbox, path, "maria").status_code == 200


@pytest.mark.parametrize(
    "path", ["/nowhere", "/groups/nowhere", f"/groups/{PROJECT}", f"/{GROUP}", "/a/-/b/-/c"]
)
def test_page_is_404_when_the_group_or_project_does_not_exist(sandbox: Sandbox, path: str) -> None:
    assert get_response(sandbox, path).status_code == 404


def test_page_names_an_unknown_username(sandbox: Sandbox) -> None:
    response = get_response(sandbox, "/", "<b>mallory</b>")
    assert response.status_code == 404
    assert "No user is named &lt;b&gt;mallory&lt;/b&gt;" in response.text


def test_confidential_item_is_visible_to_planners_and_marked(bot: Client) -> None:
    bot.sandbox.world.add_member(
        bot.sandbox.world.namespaces[PROJECT], bot.sandbox.world.users["ada"], AccessLevel.GUEST
    )
    bot.create("secret plan", confidential=True)
    assert "Confidential" in get_page(bot.sandbox, KICK_OFF, "maria")
    assert get_response(bot.sandbox, KICK_OFF, "ada").status_code == 404
    assert "secret plan" not in get_page(bot.sandbox, f"/{PROJECT}", "ada")


def test_internal_note_is_marked_and_shown_only_to_permitted_users(bot: Client) -> None:
    bot.sandbox.world.add_member(
        bot.sandbox.world.namespaces[PROJECT], bot.sandbox.world.users["ada"], AccessLevel.GUEST
    )
    item = bot.create("x")
    bot.note(item, "between us", internal=True)
    bot.note(item, "for all")
    assert "Internal note between us" in visible_text(get_page(bot.sandbox, KICK_OFF, "paul"))
    guest = visible_text(get_page(bot.sandbox, KICK_OFF, "ada"))
    assert "for all" in guest
    assert "between us" not in guest


def test_history_hides_internal_children_from_the_customer(bot: Client) -> None:
    epic = bot.epic("epic")
    bot.internal("hidden", hierarchyWidget={"parentId": epic["id"]})
    assert "internal#1" in get_page(bot.sandbox, EPIC, "maria")
    assert "internal#1" not in get_page(bot.sandbox, EPIC, "ada")


def test_overview_without_memberships_shows_one_sentence(sandbox: Sandbox) -> None:
    add_user_with_token(sandbox.world, "nora", "Nora New")
    assert "Nora New cannot see any group or project." in visible_text(get_page(sandbox, "/", "nora"))


def test_page_is_viewed_as_the_first_member_by_default(sandbox: Sandbox) -> None:
    selected = [one["value"] for one in Elements(get_page(sandbox, "/")).named("option") if "selected" in one]
    assert selected == ["maria"]


def test_page_is_viewed_as_the_first_account_without_human_members(sandbox: Sandbox) -> None:
    world = empty_world(sandbox.world.clock.now())
    bot = add_user_with_token(world, "bot", "Bot", UserKind.SERVICE_ACCOUNT)
    world.add_member(world.ensure_namespace("solo", is_group=True), bot, AccessLevel.OWNER)
    with running_sandbox(world, pages=web_routes(world)) as other:
        assert "solo" in get_page(other, "/")


# URLs


def test_every_link_opens_and_keeps_the_viewer(filled: Sandbox) -> None:
    """Walk from the overview to every page of this site that the customer can reach."""
    waiting, seen = ["/?as=ada"], set()
    while waiting:
        path = waiting.pop()
        if path in seen or not path.endswith("as=ada"):
            continue
        seen.add(path)
        waiting += [href.partition("#")[0] for href in hrefs(get_page(filled, path)) if href.startswith("/")]
    assert f"{EPIC}?as=ada" in seen
    assert f"{KICK_OFF}?as=ada" in seen
    assert f"/groups/{GROUP}/-/epic_boards?as=ada" in seen


def test_url_from_the_api_opens(bot: Client) -> None:
    bot.epic("epic")
    bot.create("issue")
    bot.create("task", kind="gid://gitlab/WorkItems::Type/5")
    bot.create("incident", kind="gid://gitlab/WorkItems::Type/2")
    listing = """{ group(fullPath: "acme") { webUrl workItems(includeDescendants: true) { nodes { webUrl } } }
      project(fullPath: "acme/delivery/project") { webUrl } currentUser { webUrl } }"""
    data = bot.execute(listing)
    urls = [node["webUrl"] for node in data["group"]["workItems"]["nodes"]]
    urls += [data[name]["webUrl"] for name in ("group", "project", "currentUser")]
    assert len(urls) >= 7
    for url in urls:
        assert requests.get(url, timeout=20).status_code == 200, url


@pytest.mark.parametrize(
    "path",
    [f"/groups/{GROUP}/-/work_items/1", f"/{PROJECT}/-/work_items/1", f"/{PROJECT.upper()}/-/issues/1"],
)
def test_item_opens_at_its_other_gitlab_urls(filled: Sandbox, path: str) -> None:
    assert "Acme Corp" in get_page(filled, path)


def test_form_keeps_other_query_parameters(filled: Sandbox) -> None:
    html = get_page(filled, f"/groups/{GROUP}/-/boards?scope=ps-kind", "paul")
    hidden = {one["name"]: one["value"] for one in Elements(html).named("input")}
    assert hidden == {"scope": "ps-kind", "as": "paul"}


# what an item's page shows


def test_scoped_labels_are_two_part_chips_with_colours_from_the_stylesheet(bot: Client) -> None:
    bot.label("team::blue")
    label = next(iter(bot.sandbox.world.labels.values()))
    label.color = "#fff"
    bot.create("x", labelsWidget={"labelIds": [f"gid://gitlab/Label/{label.id}"]})
    html = get_page(bot.sandbox, KICK_OFF)
    assert f'class="label label-{label.id} scoped"' in html
    assert "<span>team</span><span>blue</span>" in html
    css = requests.get(f"{bot.sandbox.url}/assets/style.css", timeout=20)
    assert css.headers["Content-Type"].startswith("text/css")
    assert f".label-{label.id}{{--color:#ffffff;--text:#1f1e24}}" in css.text


def test_stylesheet_cannot_be_injected_by_a_colour(bot: Client) -> None:
    bot.label("x")
    next(iter(bot.sandbox.world.labels.values())).color = "red}body{display:none"
    assert "display:none}" not in requests.get(f"{bot.sandbox.url}/assets/style.css", timeout=20).text
    assert "--color:#6b7280" in requests.get(f"{bot.sandbox.url}/assets/style.css", timeout=20).text


def test_label_is_one_chip_without_scoped_labels(bot: Client) -> None:
    label = bot.label("team::blue")
    bot.create("x", labelsWidget={"labelIds": [label]})
    bot.sandbox.world.edition = Edition.FREE
    bot.sandbox.world.invalidate()
    assert "<span>team::blue</span>" in get_page(bot.sandbox, KICK_OFF)


def test_history_shows_who_changed_a_label_and_when_by_the_virtual_clock(filled: Sandbox) -> None:
    assert "Paul Porter added ps-state doing , removed ps-state todo , 2 hours ago" in visible_text(
        get_page(filled, KICK_OFF)
    )
    assert "Maria Marsh added ps-phase kick-off , removed ps-phase setup , 2 hours ago" in visible_text(
        get_page(filled, EPIC)
    )


def test_history_groups_simultaneous_changes_into_one_entry(filled: Sandbox) -> None:
    text = visible_text(get_page(filled, KICK_OFF))
    assert "psbot made 4 changes, 7 days ago added ps-state todo ps-kind kick-off assigned to @paul" in text


def test_history_mentions_a_deleted_label(bot: Client) -> None:
    bot.create("x", labelsWidget={"labelIds": [bot.label("short-lived")]})
    bot.sandbox.world.remove_label(next(iter(bot.sandbox.world.labels.values())))
    assert "added a deleted label" in visible_text(get_page(bot.sandbox, KICK_OFF))


def test_reply_follows_its_comment_and_notes_have_anchors(bot: Client) -> None:
    item = bot.create("x")
    question = bot.note(item, "a question")["note"]
    bot.note(item, "something else")
    discussion = bot.sandbox.world.notes[int(question["id"].rpartition("/")[2])].discussion_id
    where = f"/projects/1/issues/1/discussions/{discussion}/notes"
    assert bot.rest("POST", where, json={"body": "an answer"}).status_code == 201
    html = get_page(bot.sandbox, KICK_OFF)
    text = visible_text(html)
    assert text.index("a question") < text.index("an answer") < text.index("something else")
    assert 'id="note_1"' in html


def test_overdue_dates_follow_the_virtual_clock(bot: Client) -> None:
    epic = bot.epic("epic")
    bot.create(
        "late",
        hierarchyWidget={"parentId": epic["id"]},
        startAndDueDateWidget={"dueDate": "2026-11-24", "isFixed": True},
    )
    assert 'class="overdue"' not in get_page(bot.sandbox, EPIC)
    bot.sandbox.world.clock.advance(timedelta(days=3))
    assert 'class="overdue"' in get_page(bot.sandbox, EPIC)
    bot.rest("PUT", "/projects/1/issues/1", json={"state_event": "close"})
    assert 'class="overdue"' not in get_page(bot.sandbox, EPIC)


def test_child_links_to_its_parent(filled: Sandbox) -> None:
    html = get_page(filled, KICK_OFF, "paul")
    assert f'<dt>Parent</dt><dd><a href="{EPIC}?as=paul">Acme Corp: SOW-2026-142</a></dd>' in html


def test_child_does_not_mention_a_hidden_parent(bot: Client) -> None:
    epic = bot.epic("secret epic")
    bot.create("child", hierarchyWidget={"parentId": epic["id"]})
    bot.sandbox.world.items[1].confidential = True  # GitLab refuses this while a child is not confidential
    assert "secret epic" in get_page(bot.sandbox, KICK_OFF, "maria")
    customer = get_page(bot.sandbox, KICK_OFF, "ada")
    assert "secret epic" not in customer
    assert "acme/delivery&amp;1" not in customer


def test_moved_issue_shows_its_target_only_to_permitted_users(bot: Client) -> None:
    bot.create("x")
    bot.rest("POST", "/projects/1/issues/1/move", json={"to_project_id": 2})
    assert "Moved to acme/delivery/internal#1" in visible_text(get_page(bot.sandbox, KICK_OFF))
    assert INTERNAL_PROJECT not in get_page(bot.sandbox, KICK_OFF, "ada")
    assert "moved to" not in get_page(bot.sandbox, KICK_OFF, "ada")


# boards


def board_columns(html: str) -> dict[str, str]:
    found = re.findall(r'<section class="column.*?</section>', html, re.DOTALL)
    return {visible_text(one).split()[0]: visible_text(one) for one in found}


def test_board_groups_by_state_by_default(filled: Sandbox) -> None:
    shown = board_columns(get_page(filled, f"/groups/{GROUP}/-/boards"))
    assert {"todo", "doing", "waiting-customer", "blocked", "done", "skipped", "Closed"} == set(shown)
    assert "Kick-off: Acme Corp" in shown["doing"]
    assert "Welcome e-mail: Acme Corp" in shown["Closed"]
    assert "2026-12-08 Paul Porter" in shown["waiting-customer"]


def test_epic_board_groups_by_phase_by_default(filled: Sandbox) -> None:
    shown = board_columns(get_page(filled, f"/groups/{GROUP}/-/epic_boards"))
    assert "Acme Corp: SOW-2026-142" in shown["kick-off"]
    assert "completed" in shown


def test_board_groups_by_the_requested_scope(filled: Sandbox) -> None:
    shown = board_columns(get_page(filled, f"/{PROJECT}/-/boards?scope=ps-kind"))
    assert "Kick-off: Acme Corp" in shown["kick-off"]


def test_board_ignores_a_scope_with_two_values(bot: Client) -> None:
    both, three = [bot.label(f"yes-no::{one}") for one in "yn"], [bot.label(f"step::{one}") for one in "abc"]
    bot.create("x", labelsWidget={"labelIds": [both[0], three[0]]})
    assert set(board_columns(get_page(bot.sandbox, f"/groups/{GROUP}/-/boards"))) == {"a", "b", "c"}


def test_board_shows_the_customer_only_visible_items(filled: Sandbox) -> None:
    shown = board_columns(get_page(filled, f"/groups/{GROUP}/-/boards", "ada"))
    assert "Project summary" in shown["todo"]
    assert "Standup" not in shown["todo"]


def test_board_has_one_column_when_there_are_no_scoped_labels(bot: Client) -> None:
    bot.create("plain")
    assert board_columns(get_page(bot.sandbox, f"/groups/{GROUP}/-/boards")) == {
        "Open": "Open 1 plain project"
    }


# texts

HOSTILE = """<script>alert(1)</script> <img src=x onerror=alert(1)> ![pixel](http://spy.example/x.png)
[click](javascript:alert(1)) [data](data:text/html;base64,PHNjcmlwdD4=) <a href="javascript:alert(1)">raw</a>
<b style="position:fixed" onclick=alert(1) id=as class=bar>bold</b> <iframe src="//spy.example"></iframe>
<form action="//spy.example"><input type=text name=as><button>go</button></form> <base href="//spy.example">
<svg onload=alert(1)><style>*{display:none}</style> <meta http-equiv=refresh content="0;url=//spy.example">
<!-- hidden words --> "><script>alert(2)</script>

</div></main><details open ontoggle=alert(1)>

- [ ] <input autofocus onfocus=alert(1)> box
"""
ALLOWED_SCHEMES = ("/", "#", "http://", "https://", "mailto:")


def assert_inert(html: str) -> None:
    elements = Elements(html)
    names = {name for name, _ in elements.all}
    assert names & {"script", "img", "iframe", "svg", "style", "base", "object", "embed"} <= {"svg"}
    assert len(elements.named("form")) == 1
    assert len(elements.named("meta")) == 2
    for name, attributes in elements.all:
        assert not [key for key in attributes if key.startswith("on") or key == "style"], (name, attributes)
        assert name != "svg" or attributes.get("viewbox")
    for href in hrefs(html):
        assert href.startswith(ALLOWED_SCHEMES), href
    boxes = [one for one in elements.named("input") if one.get("type") != "hidden"]
    assert all(one["type"] == "checkbox" and "disabled" in one and "name" not in one for one in boxes)
    assert len([one for one in elements.all if one[1].get("id") == "as"]) == 1
    assert "hidden words" not in html


def test_hostile_description_title_and_notes_are_inert(bot: Client) -> None:
    item = bot.create('<script>alert("title")</script>', description=HOSTILE)
    bot.note(item, HOSTILE)
    html = get_page(bot.sandbox, KICK_OFF)
    assert_inert(html)
    assert "&lt;script&gt;alert(&#34;title&#34;)&lt;/script&gt;" in html
    assert "bold" in visible_text(html)


def test_lists_and_boards_escape_titles_labels_and_names(bot: Client) -> None:
    evil = "<img src=x onerror=alert(1)>"
    label = bot.label(f"{evil}::{evil}")
    epic = bot.epic(evil, labelsWidget={"labelIds": [label]})
    bot.create(evil, labelsWidget={"labelIds": [label]}, hierarchyWidget={"parentId": epic["id"]})
    bot.sandbox.world.users["maria"].name = evil
    for path in (
        "/",
        EPIC,
        KICK_OFF,
        f"/groups/{GROUP}/-/boards",
        f"/groups/{GROUP}",
        f"/{PROJECT}",
        "/maria",
    ):
        assert "<img" not in get_page(bot.sandbox, path), path
        assert "&lt;img" in get_page(bot.sandbox, path), path


def test_title_note_is_escaped(bot: Client) -> None:
    item = bot.create("plain")
    bot.update(item, title="<script>x</script> [y](javascript:z)")
    assert_inert(get_page(bot.sandbox, KICK_OFF))


def test_task_list_is_shown_as_disabled_checkboxes(bot: Client) -> None:
    bot.create("x", description="- [ ] open\n- [x] done\n1. [~] dropped\n\n- no box [x]")
    elements = Elements(get_page(bot.sandbox, KICK_OFF))
    boxes = [one for one in elements.named("input") if one.get("type") == "checkbox"]
    assert ["checked" in one for one in boxes] == [False, True, False]
    assert all("disabled" in one for one in boxes)
    assert "task-list-item inapplicable" in [one.get("class") for one in elements.named("li")]


def test_table_strikethrough_and_bare_url_are_rendered(bot: Client) -> None:
    bot.create("x", description="| a | b |\n|---|---|\n| ~~old~~ | https://a.example/b_c_d. |")
    html = get_page(bot.sandbox, KICK_OFF)
    assert "<td><s>old</s></td>" in html
    assert '<td><a href="https://a.example/b_c_d" rel="noopener noreferrer nofollow">' in html


def test_mermaid_block_is_shown_as_code_with_a_caption(bot: Client) -> None:
    bot.create("x", description="```mermaid\ngantt\n  title <b>x</b>\n```")
    html = get_page(bot.sandbox, KICK_OFF)
    assert "<figcaption>Mermaid diagram; GitLab renders it as a chart</figcaption>" in html
    assert "title &lt;b&gt;x&lt;/b&gt;" in html


def test_reference_in_the_text_of_a_link_is_not_linked_again(bot: Client) -> None:
    bot.create("x", description="[see #1](https://a.example)")
    assert '<a href="https://a.example" rel="noopener noreferrer nofollow">see #1</a>' in get_page(
        bot.sandbox, KICK_OFF
    )


def test_reference_is_a_link_only_for_users_who_see_the_item(bot: Client) -> None:
    bot.internal("secret")
    url = bot.create("target")["webUrl"]
    text = f"See internal#1, #1, {url}, acme/delivery/internal#1 and @paul, not `#1` or #99."
    bot.create("x", description=text)
    where = f"/{PROJECT}/-/issues/2"
    for viewer, expected in (("maria", 2), ("ada", 0)):
        html = get_page(bot.sandbox, where, viewer)
        assert hrefs(html).count(f"/{INTERNAL_PROJECT}/-/issues/1?as={viewer}") == expected
        assert hrefs(html).count(f"{KICK_OFF}?as={viewer}") == 2
        assert f"/paul?as={viewer}" in hrefs(html)
    assert "See internal#1, #1, #1, acme/delivery/internal#1" in re.sub(
        " (?=[,.])", "", visible_text(get_page(bot.sandbox, where))
    )


# response headers


def test_page_may_load_only_its_own_stylesheet(sandbox: Sandbox) -> None:
    for path in ("/", "/nowhere", "/assets/style.css"):
        headers = get_response(sandbox, path).headers
        policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["style-src"] == "'self'"
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_page_is_refused_under_another_host_name(sandbox: Sandbox) -> None:
    response = requests.get(sandbox.url, headers={"Host": "spy.example"}, timeout=20)
    assert response.status_code == 403


def test_page_changes_nothing_and_accepts_no_writes(filled: Sandbox) -> None:
    version = filled.world.version
    get_page(filled, EPIC)
    assert filled.world.version == version
    assert requests.post(filled.url + EPIC, timeout=20).status_code == 405


def test_pages_do_not_count_as_api_requests(filled: Sandbox) -> None:
    filled.gate.log.reset()
    get_page(filled, EPIC)
    assert filled.gate.log.summary()["requests"] == 0
    assert filled.gate.crashes == []


def test_filled_example_is_inert_and_its_markers_are_not_shown(filled: Sandbox) -> None:
    assert find_item(filled, "Kick-off: Acme Corp")
    for path in (EPIC, KICK_OFF):
        assert_inert(get_page(filled, path))
        assert "psbot:" not in get_page(filled, path)
