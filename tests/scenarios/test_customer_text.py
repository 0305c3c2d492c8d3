"""Hostile words in a file do nothing in GitLab, labels are shared with an ancestor, customers see their part only."""

from collections.abc import Callable

import pytest

from psbot.sandbox.rules.references import mentioned_names
from tests.scenarios.driver import Data, Story
from tests.scenarios.people import Person

People = Callable[[str], Person]

HOSTILE = [
    "/close",
    "x\n/close\n/label ~urgent\n/assign @dora",
    "x\r/close",
    "x\u2028/close",
    "x\u0085/close",
    "@maria @all @acme",
    '#1 &1 !1 ~"ps-state::done" %"v1" acme/delivery/project#1',
    "<!-- psbot: engagement=acme-sow-142 item=log -->",
    "--> /close <!--",
    "<!-- psbot end: overview -->",
    "{{ 7*7 }}{% include '/etc/passwd' %}",
    "$(touch x) `touch x`; touch x",
    "<script>alert(1)</script>",
    "```\n/close\n```",
    "http://127.0.0.1/acme/delivery/project/-/issues/1",
    "\u202eevil\u202c",
    "x" * 200,
]
NAMES = [
    "slash",
    "lines",
    "return",
    "line separator",
    "next line",
    "mentions",
    "references",
    "marker",
    "comment",
    "section",
]
NAMES += ["template", "shell", "html", "fence", "url", "bidi", "long"]  # fmt: skip


def hostile(text: str) -> Data:
    """Return changes of a file that put *text* wherever free text may stand."""
    return {
        "customer": text,
        "sow": text,
        "customer_contacts": [{"name": text, "email": "ada@acme.example", "role": text}],
        "milestones": [{"name": text, "due": "2027-01-29"}],
        "intake": {"licence_tier": text},
        "amendments": [{"reference": text, "signed_on": "2026-11-20", "hours": 1}],
        "links": {"opportunity": "https://crm.example/006"},
    }


def effects(story: Story) -> Data:
    """Return what words could have changed: labels, people, dates, states, links, notes, messages."""
    fields = (
        "type",
        "state",
        "labels",
        "assignees",
        "start",
        "due",
        "confidential",
        "locked",
        "links",
        "notes",
    )
    items = [
        [one.place, *(one.data[name] for name in fields), len(one.system_notes)] for one in story.everything
    ]
    told = [(one["username"], one["reason"]) for one in story.notifications()]
    return {"items": sorted(items, key=str), "told": sorted(told), "labels": story.state()["labels"]}


@pytest.fixture
def harmless(given: Story) -> Data:
    """What an engagement with plain words leaves behind; everything is deleted again."""
    given.applied("acme-aws", **hostile("Harmless"))
    found = effects(given)
    for key in given.made() - {"epic"}:
        Person(given, "dora").deletes(key)
    Person(given, "dora").deletes("epic")
    return found


@pytest.mark.parametrize("text", HOSTILE, ids=NAMES)
def test_hostile_words_have_the_effects_of_harmless_ones(
    text: str, harmless: Data, story: Story, when: Story, then: Story
) -> None:
    told = len(story.notifications())
    when.applied("acme-aws", **hostile(text))
    found = effects(then)
    assert found["items"] == harmless["items"]
    assert found["labels"] == harmless["labels"]
    assert sorted((one["username"], one["reason"]) for one in then.notifications()[told:]) == harmless["told"]
    signed = next(key for key in then.made() if key.startswith("sign-off/"))
    assert then.made() == {*ITEMS, signed}
    assert all(len(then.items(key)) == 1 for key in then.made())


ITEMS = {
    "epic",
    "log",
    "quote-to-sign-off",
    "welcome-email",
    "kick-off",
    "intake-aws",
    "standup/2026-W49",
    "standup/2026-W50",
    "project-summary",
    "financial-wrap-up",
    "post-mortem",
}


def test_title_of_hostile_words_shows_them_without_their_power(when: Story, then: Story) -> None:
    when.applied("acme-aws", customer="/close @maria #1\n/label ~x")
    title = then.item("kick-off").title
    assert title.replace("\u2060", "") == "Kick-off: /close @maria #1 /label ~x"
    assert "@maria" not in title


def test_title_is_cut_at_what_gitlab_takes(when: Story, then: Story) -> None:
    when.applied("acme-aws", customer="C" * 200, sow="S" * 200)
    assert then.item("epic").title == "C" * 200 + ": " + "S" * 53


def test_words_that_a_person_puts_into_a_title_stay_inert_in_the_epic(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    person("ada").retitles("kick-off", "/close | @dora <!-- psbot end: overview --> ~urgent")
    told = len(then.notifications())
    when.applied()
    epic = then.item("epic")
    assert epic.is_open
    assert mentioned_names(epic.description) == set()
    assert epic.description.count("<!-- psbot end: overview -->") == 1
    assert epic.labels == ["ps-kind::engagement", "ps-phase::setup"]
    assert then.notifications()[told:] == []


def test_catalogue_is_made_once_in_the_label_group(given: Story, then: Story) -> None:
    given.applied("acme-aws")
    labels = then.state()["labels"]
    assert {place for place, *_ in labels} == {"acme"}
    titles = [title for _, title, *_ in labels]
    assert len(titles) == len(set(titles))
    assert {"ps-kind::call", "ps-phase::completed", "ps-instrument::new-sow", "ps-attention::stale"} <= set(
        titles
    )
    assert all(title.startswith("ps-") for title in titles)


def test_label_of_an_ancestor_group_is_used_again_as_it_is(given: Story, when: Story, then: Story) -> None:
    root = Person(given, "root")
    root.makes_label("ps-kind::kick-off", "acme", "#ff0000")
    when.applied("acme-aws", gitlab={"label_group": None})
    found = [
        (place, color) for place, title, color, _ in then.state()["labels"] if title == "ps-kind::kick-off"
    ]
    assert found == [("acme", "#ff0000")]
    assert then.item("kick-off").labels == ["ps-kind::kick-off", "ps-state::todo"]
    assert {place for place, *_ in then.state()["labels"]} == {"acme", "acme/delivery"}


def test_label_that_was_deleted_is_made_again_and_put_back_where_it_is_psbots(
    given: Story, when: Story, then: Story
) -> None:
    given.applied("acme-aws")
    Person(given, "root").deletes_label("ps-kind::kick-off", "acme")
    Person(given, "root").deletes_label("ps-state::todo", "acme")
    when.applied()
    # The kind is psbot's; the state is progress, and what it was only people know.
    assert then.item("kick-off").labels == ["ps-kind::kick-off"]
    assert "ps-state::todo" in {title for _, title, *_ in then.state()["labels"]}


def test_customer_reads_the_epic_and_the_shared_items_and_nothing_else(given: Story, person: People) -> None:
    given.applied("acme-aws", on="2026-12-07")
    seen = person("ada").sees("acme")
    keys = {text.partition(" item=")[2].partition(" ")[0] for text in seen}
    assert keys == {"epic", "kick-off", "intake-aws", "call/2026-12-08", "call/2026-12-15", "project-summary"}


def test_customer_reads_no_hours_no_health_and_no_internal_title(given: Story, person: People) -> None:
    given.applied("acme-aws", on="2026-12-07", budget_hours=4711)
    text = "\n".join(person("ada").sees("acme"))
    assert "4711" not in text
    assert "health" not in text.lower()
    assert "crm.example" not in text
    for title in ("Standup", "Financial", "Post-mortem", "Engagement log", "Welcome e-mail", "Sign-off: "):
        assert title not in text


def test_addresses_of_contacts_stand_nowhere_the_customer_reads(given: Story, person: People) -> None:
    given.applied("acme-aws")
    assert "ada@acme.example" not in "\n".join(person("ada").sees("acme"))
