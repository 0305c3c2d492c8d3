"""No text of an engagement file does anything in GitLab: the detector is written here, from GitLab's documentation."""

import re
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from psbot.config.loader import load_process
from psbot.core.desired.build import build_desired
from psbot.core.desired.schedule import Context
from psbot.core.desired.template_facts import build_template_facts
from psbot.core.model.engagement import Amendment, Contact, Engagement, Milestone
from psbot.core.model.process import Repeat
from psbot.core.text import marker
from psbot.engagements.loader import parse_engagement
from psbot.errors import FileProblems
from psbot.templates.library import TemplateLibrary
from psbot.templates.mail import build_welcome_mail
from psbot.templates.render import find_scheduled_item
from tests.support.paths import ROOT
from tests.support.sample import examples

PROCESS = load_process(ROOT / "config")
TEMPLATES = TemplateLibrary(ROOT / "issue_templates")
NOW = datetime.fromisoformat("2026-11-23T09:00+01:00")


def _example() -> Engagement:
    file = ROOT / "examples" / "globex-on-prem.yml"
    engagement = parse_engagement(str(file), file.read_text(), PROCESS).engagement
    assert engagement is not None
    return replace(engagement, skip={})


EXAMPLE = _example()

# What GitLab acts on: a line that starts with a command; a mention; references; comments that could be markers; HTML.
ACTIVE = {
    "quick action": re.compile(r"^[ \t>*+-]*[/\uff0f][a-z]", re.MULTILINE | re.IGNORECASE),
    "mention": re.compile(r"(?<![\w`])@[\w]"),
    "reference": re.compile(r"(?:[#!]|(?<!&lt;)&(?!lt;))\d|~\w|~\"|%\w"),
    "comment": re.compile(r"<!--"),
    "html": re.compile(r"<(?!https?://)/?[a-zA-Z!]"),
}

# Markdown's escapes: GitLab takes none of these characters as a part of a mention or reference.
ESCAPED = re.compile(r"\\[!-/:-@\[-`{-~]")

IN_TITLES = (re.compile(r"^\s*[/\uff0f][a-z]", re.IGNORECASE), ACTIVE["mention"], ACTIVE["reference"])

HOSTILE = [
    "/close", "\n/close", "x\r\n/assign @root", " \t/label ~bug", "\u2028/close", "\u0085/close", "／close", "<!--\n/close\n-->",
    "@all", "x @root", "#1", "!1", "&1", "~bug", '~"a b"', "%17.0", "group/project#12", "GL-12", "$12",
    "<!-- psbot: engagement=other item=epic -->", "<!-- psbot end: overview -->", "--> <b>", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>",
    "{{ 7*7 }}", "{% include 'x' %}", "[a](javascript:alert(1))", "![x](http://evil/x.png)", "```\n/close\n```", "`/close`", "> /close", "- [x] /close",
    "| a | b |", "\x1b[31mred", "\x07", "a\x00b", "\u202egnp", "http://x.example/@root", "[^1]: x", "*[HTML]: x", "%%{init: {}}%%", "click a href \"javascript:x\"",
    "x; section y", "&#64;root", "&lt;!--", "@\u200broot", "---", "===", "# head", "1. x", "+ x", ":::warning", "$$x$$", "/Close", "\\@root", "\\/close",
]  # fmt: skip


def hostile_engagement(text: str) -> Engagement:
    return replace(
        EXAMPLE,
        customer=text,
        sow=text,
        manager="maria",
        contacts=(Contact(text, "ada@acme.example", text),),
        milestones=(Milestone(text, date(2026, 12, 18), "m"),),
        amendments=(Amendment(text, date(2026, 11, 20), 1),),
        links={"crm": "https://crm.example/006"},
        intake={"licence_tier": text, "hypervisor": text},
        time_zone="Europe/Berlin",
    )


def descriptions(text: str) -> dict[str, str]:
    situation = Context(hostile_engagement(text), PROCESS, date(2026, 11, 23))
    known = build_template_facts(situation)
    rendered = {}
    for kind in PROCESS.kinds.values():
        draft = find_scheduled_item(
            kind.name,
            replace(
                situation,
                engagement=replace(
                    situation.engagement,
                    hosting=kind.only.get("hosting", "aws"),
                    engineers=() if "engineers" in kind.only else ("paul",),
                ),
            ),
        )
        rendered[kind.name] = TEMPLATES.render(kind.template, known | {"item": draft})
    return rendered


BASELINE = descriptions("Plain")


def without_own_words(kind: str, text: str) -> str:
    """Leave out the lines that stand in the same template for a plain engagement: those are psbot's own words."""
    own = set(BASELINE[kind].splitlines())
    return ESCAPED.sub("\\\\", "\n".join(line for line in text.splitlines() if line not in own))


def assert_inert(text: str) -> None:
    for kind, rendered in descriptions(text).items():
        foreign = without_own_words(kind, rendered)
        for what, pattern in ACTIVE.items():
            assert not pattern.search(foreign), f"{what} in {kind}: {pattern.search(foreign)} of {foreign!r}"
        assert marker.managed_sections(rendered).keys() == marker.managed_sections(BASELINE[kind]).keys()
        assert not any(ord(char) < 32 and char != "\n" for char in rendered)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_does_nothing_in_any_description(text: str) -> None:
    assert_inert(text)


signs = st.text(
    st.sampled_from(list("/@#!&~%<>-`*_[](){}|\\:$^\n\r\t ab1\"'／\u2028\u200b\x1b")), min_size=1, max_size=25
)


@settings(max_examples=examples(150), deadline=None)
@given(st.one_of(signs, st.text(min_size=1, max_size=25)))
@example("@a")
def test_any_text_does_nothing_in_any_description(text: str) -> None:
    assert_inert(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_does_nothing_in_titles_and_forges_no_marker(text: str) -> None:
    wanted = build_desired(hostile_engagement(text), PROCESS, NOW, TEMPLATES)
    for item in wanted.snapshot.items:
        assert not any(pattern.search(item.title) for pattern in IN_TITLES), item.title
        assert len(item.title) <= 255
        assert "\n" not in item.title
        if item.description:
            assert item.marker is not None
            assert item.marker.engagement == EXAMPLE.key
            assert item.description.count("<!-- psbot: ") == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_forges_no_mail_header(text: str) -> None:
    engagement = hostile_engagement(f"{text}\r\nBcc: everybody@acme.example")
    situation = Context(engagement, PROCESS, date(2026, 11, 23))
    known = build_template_facts(situation) | {"item": find_scheduled_item("welcome-email", situation)}
    head, _, _ = build_welcome_mail(engagement, TEMPLATES, known).partition(b"\r\n\r\n")
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert sorted(names) == [
        b"Content-Transfer-Encoding",
        b"Content-Type",
        b"MIME-Version",
        b"Subject",
        b"To",
        b"X-Unsent",
    ]


def test_timeline_stays_below_what_gitlab_draws_at_once() -> None:
    milestones = tuple(Milestone("Ü" * 200 + str(at), date(2026, 12, 1), f"m-{at}") for at in range(50))
    situation = Context(replace(EXAMPLE, milestones=milestones), PROCESS, date(2026, 11, 23))
    text = TEMPLATES.render(
        "engagement", build_template_facts(situation) | {"item": find_scheduled_item("epic", situation)}
    )
    chart = text.partition("```mermaid\n")[2].partition("```")[0]
    assert 200 < len(chart) < 2000


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("x\n{{ nonsense }}", "2:4: "),
        ("{{ engagement.nonsense }}", "1:15: "),
        ("{% if %}", "1:1: "),
        ("{% include 'a.md' %}", "1:13: a.md includes itself"),
        ("{% include '../secret' %}", "1:"),
        ("{% include 'none.md' %}", "1:"),
        ("{{ engagement.__class__ }}", "1:"),
        ("{{ 'a' * 100000000 }}", "1:"),
        ("<!-- psbot begin: x -->\n", "1:"),
    ],
)
def test_template_that_cannot_work_is_refused_when_it_is_read(
    source: str, complaint: str, tmp_path: Path
) -> None:
    (tmp_path / "a.md").write_text(source)
    with pytest.raises(FileProblems) as caught:
        TemplateLibrary(tmp_path)
    assert any(
        str(problem).startswith(f"{tmp_path / 'a.md'}:{complaint}") for problem in caught.value.problems
    ), str(caught.value)


def test_template_that_never_ends_is_stopped(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("{% macro a(n) %}{{ a(n) }}{{ a(n) }}{% endmacro %}{{ a(1) }}")
    templates = TemplateLibrary(tmp_path)
    with pytest.raises(FileProblems, match=r"a\.md:1:1: "):
        templates.render("a", {})


def test_every_kind_is_covered_by_the_property() -> None:
    assert {kind.name for kind in PROCESS.kinds.values()} == set(BASELINE)
    assert any(kind.repeat is Repeat.ON_DEMAND for kind in PROCESS.kinds.values())
