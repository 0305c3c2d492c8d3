"""The template engine: what is found on loading, what is bounded, what cannot be laundered."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from psbot.core.changes.form import ChangeRequestView
from psbot.core.desired.action_table import Action
from psbot.core.desired.intake import Intake
from psbot.core.desired.raid_log import RaidEntry, RaidSection
from psbot.core.desired.schedule import ScheduledItem
from psbot.core.desired.template_facts import ChartRow
from psbot.core.desired.wrap_up import WrapUp
from psbot.core.model.engagement import Amendment, Contact, Engagement, Milestone
from psbot.core.model.item import Item
from psbot.core.records.sign_off import SignOff
from psbot.core.text.escape import WORD_JOINER, SafeText
from psbot.errors import FileProblems, PsbotError
from psbot.templates.library import FACT_TYPES, TemplateLibrary
from tests.support import builders

Folder = Callable[..., Path]
MINIMAL = builders.engagement(engineers=(), closed_won_on=None)
FULL = builders.engagement(
    contacts=(
        Contact("Ada Lovelace", "ada@acme.example", "champion"),
        Contact("Charles Babbage", "c@acme.example"),
    ),
    milestones=(Milestone("Production ready", date(2027, 1, 29), "production-ready"),),
    links={"opportunity": "https://crm.example/006"},
)


def facts(kind: str, engagement: Engagement, **more: object) -> Mapping[str, object]:
    """Return one value for every fact that templates may name."""
    milestone = engagement.milestones[0] if engagement.milestones else None
    return {
        "engagement": engagement,
        "item": ScheduledItem(
            kind, kind, "delivery", None, day=date(2026, 12, 8), milestone=milestone, number=1
        ),
        "ends_on": date(2027, 3, 12),
        "hours": 191.5,
        "signed_amendments": (Amendment("CR-1", date(2026, 12, 15), 31.5),),
        "phase": "delivery",
        "wrap_up": WrapUp(),
        "change": ChangeRequestView(),
        "raised": RaidEntry(),
        "action": Action(),
        "chapters": (RaidSection("Risks", (RaidEntry("SSO", standing="high"),)),),
        "sign_off": SignOff(sent=date(2027, 3, 1)),
        "phase_since_on": date(2026, 12, 8),
        "health": "yellow",
        "intake": Intake((), ()),
        "contact_roles": ("champion",),
        "shared_items": (Item("kick-off", "kick-off", "acme/project", "Kick-off", ""),),
        "timeline": (ChartRow("Kick-off", date(2026, 12, 1)),),
    } | more


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Write templates into a folder; keyword ``a__b`` is the file ``a/b.md``."""

    def write(files: Mapping[str, str] | None = None, **named: str) -> Path:
        for name, text in {**(files or {}), **{f"{name}.md": text for name, text in named.items()}}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return write


def rendered(root: Path, name: str = "a", engagement: Engagement = FULL, **more: object) -> str:
    return TemplateLibrary(root).render(name, facts("call", engagement, **more))


def complaints(root: Path) -> list[str]:
    with pytest.raises(FileProblems) as caught:
        TemplateLibrary(root)
    return [str(problem).removeprefix(f"{root}/") for problem in caught.value.problems]


# --- found on loading ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("ok\n  {{ custmer }}\n", "a.md:2:6", "unknown name custmer; available names: "),
        ("{{ engagement.custmer }}\n", "a.md:1:15", "engagement has no custmer"),
        ("x\n{{ engagement.gitlab.projct }}\n", "a.md:2:22", "engagement.gitlab has no projct"),
        ("{% for c in engagement.contacts %}\n{{ c.nme }}\n{% endfor %}\n", "a.md:2:6", "contact has no nme"),
        (
            "{% for g in intake.open %}{% for q in g.questions %}\n{{ q.wy }}\n{% endfor %}{% endfor %}",
            "a.md:2:6",
            "",
        ),
        ("{% set m = item.milestone %}\n{{ m.nam }}\n", "a.md:2:6", "milestone has no nam"),
        ("{{ engagement.contacts[0].nme }}", "a.md:1:27", "contact has no nme"),
        ("fine\n{% if %}\n", "a.md:2:1", "Expected an expression"),
        ("fine\n{% for x in %}\n", "a.md:2:1", ""),
        ("{{ phase | shout }}", "a.md:1:12", "unknown filter shout"),
        ("{% if phase is shouted %}{% endif %}", "a.md:1:16", "unknown test shouted"),
        ("\n{% include 'missing.md' %}", "a.md:2:13", "template missing.md does not exist"),
        ("{% include '../secret.md' %}", "a.md:1:1", "template ../secret.md does not exist"),
        ("{% include phase %}", "a.md:1:1", "in quotes"),
        ("{{ phase|own }}", "a.md:1:10", "unknown filter own"),
        ("{% include 'a.md' %}", "a.md:1:13", "a.md includes itself through a.md"),
        ("{{ phase ~ health }}", "a.md:1:1", "Concat is not allowed in templates"),
        ("\n\n{{ 'x' * 100000000 }}", "a.md:3:1", "Mul is not allowed in templates"),
        ("{{ 'a' + phase }}", "a.md:1:1", "Add is not allowed in templates"),
        ("{{ 10 ** 10 ** 10 }}", "a.md:1:1", "Pow is not allowed in templates"),
        ("{{ '%09999999d' % 1 }}", "a.md:1:1", "Mod is not allowed in templates"),
        ("{% filter upper %}x{% endfilter %}", "a.md:1:1", "FilterBlock is not allowed in templates"),
        ("{% call phase() %}x{% endcall %}", "a.md:1:1", "CallBlock is not allowed in templates"),
        ("{% autoescape false %}x{% endautoescape %}", "a.md:1:1", "Scope is not allowed in templates"),
        ("{{ phase[1:] }}", "a.md:1:1", "Slice is not allowed in templates"),
        ("{{ range(10) }}", "a.md:1:4", "unknown name range"),
        ("{{ namespace() }}", "a.md:1:4", "unknown name namespace"),
        ("{{ lipsum(n=100000) }}", "a.md:1:4", "unknown name lipsum"),
        (
            "{% for x in engagement.links recursive %}{{ loop(x) }}{% endfor %}",
            "a.md:1:1",
            "loops cannot be recursive",
        ),
        ("text <!-- psbot begin: x -->\n", "a.md:1:6", "this comment is reserved for psbot"),
        ("<!-- psbot: engagement=a item=b -->\n", "a.md:1:1", "this comment is reserved for psbot"),
        ("hi\n<!-- psbot begin: x -->\n", "a.md:2:19", "section x needs exactly one begin and one end"),
    ],
)
def test_template_error_has_file_line_and_column(folder: Folder, text: str, place: str, said: str) -> None:
    first = complaints(folder(a=text))[0]
    assert first.startswith(f"{place}: ")
    assert said in first


def test_errors_of_all_templates_come_at_once(folder: Folder) -> None:
    found = complaints(folder(a="{{ one }}\n{{ two }}\n", b="{{ three }}\n"))
    assert [text.split("; ")[0] for text in found] == [
        "a.md:1:4: unknown name one",
        "a.md:2:4: unknown name two",
        "b.md:1:4: unknown name three",
    ]


def test_templates_refuse_a_loop_over_several_files(folder: Folder) -> None:
    root = folder(
        a="{% include 'b.md' %}", b="{% from 'c.md' import m with context %}", c="{% extends 'a.md' %}"
    )
    assert [text.split(": ", 1)[1] for text in complaints(root)] == [
        "a.md includes itself through b.md",
        "b.md includes itself through c.md",
        "c.md includes itself through a.md",
    ]


def test_error_names_the_part_that_computes_not_its_importer(folder: Folder) -> None:
    root = folder(a="{% import '_p.md' as p %}", _p="{{ 'x' * 100000000 }}")
    assert [text.split(": ")[0] for text in complaints(root)] == ["_p.md:1:1"]


def test_templates_refuse_an_import_without_context_when_the_part_uses_facts(folder: Folder) -> None:
    found = complaints(
        folder(a="{% from '_p.md' import m %}{{ m() }}", _p="{% macro m() %}{{ phase }}{% endmacro %}")
    )
    assert found == ["a.md:1:10: _p.md uses phase but is imported without context; add `with context`"]


def test_templates_refuse_what_is_no_text_or_too_long(folder: Folder) -> None:
    root = folder(long="x" * 200_001)
    (root / "binary.md").write_bytes(b"\xff\xfe")
    assert [text.split(":")[0] for text in complaints(root)] == ["binary.md", "long.md"]


def test_templates_refuse_a_file_that_leads_out_of_the_folder(folder: Folder, tmp_path: Path) -> None:
    root = folder({"words/a.md": "fine\n", "secret.md": "secret\n"}) / "words"
    (root / "b.md").symlink_to(tmp_path / "secret.md")
    assert complaints(root) == ["b.md:1:1: this is not a valid template: it is outside the template folder"]


def test_templates_refuse_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileProblems, match="the template folder does not exist"):
        TemplateLibrary(tmp_path / "nowhere")


def test_templates_refuse_nesting_beyond_what_python_compiles(folder: Folder) -> None:
    deep = "{% for c in engagement.contacts %}" * 30 + "{% endfor %}" * 30
    assert "too deeply nested" in complaints(folder(a=deep))[0]
    assert complaints(folder(a="{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}"))[0].startswith("a.md:1:1: ")


def test_templates_know_the_facts_that_core_makes() -> None:
    assert set(FACT_TYPES) == set(facts("call", FULL))
    for name, value in facts("call", FULL).items():
        known = FACT_TYPES[name]
        if isinstance(known, type):
            assert isinstance(value, known | int if known is float else known)
        else:
            assert isinstance(value, tuple) and isinstance(value[0], get_args(known)[0])


# --- names and sections -------------------------------------------------------------------------------------


def test_render_refuses_names_that_are_no_template(folder: Folder) -> None:
    templates = TemplateLibrary(folder(a="fine\n"))
    for name in ("b", "../a", "a.md", "/a", "A", "", "x/../a"):
        with pytest.raises(PsbotError, match=r"template .* does not exist in .*; available templates: a"):
            templates.render(name, {})


def test_problems_names_each_template_that_is_missing(folder: Folder) -> None:
    root = folder({"a.md": "", "mail/b.txt": "", "_part.md": ""})
    templates = TemplateLibrary(root)
    assert templates.names == {"a", "mail/b"}
    missing = [str(problem) for problem in templates.missing_templates(["a", "c", "mail/b", "_part"])]
    assert missing == [
        f"{root}/{name}.md:1:1: this template does not exist; available templates: a, mail/b"
        for name in ("c", "_part")
    ]


def test_sections_are_those_of_the_source_and_its_parts(folder: Folder) -> None:
    part = "<!-- psbot begin: people -->\n<!-- psbot end: people -->\n"
    root = folder(
        a="<!-- psbot begin: overview -->\nx\n<!-- psbot end: overview -->\n{% include '_p.md' %}",
        b="",
        _p=part,
    )
    assert TemplateLibrary(root).sections("a") == {"overview", "people"}
    assert TemplateLibrary(root).sections("b") == frozenset()


# --- bounds -------------------------------------------------------------------------------------------------

_TENFOLD = (
    "{% for c in many %}{% for d in many %}{% for e in many %}{% for f in many %}x{% endfor %}"
    + "{% endfor %}" * 3
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (_TENFOLD.replace("many", "engagement.contacts"), "the template takes more than 100,000 steps"),
        (
            "{% macro m0() %}x{% endmacro %}"
            + "".join(
                f"{{% macro m{n + 1}() %}}{{{{ m{n}() }}}}{{{{ m{n}() }}}}{{% endmacro %}}" for n in range(40)
            )
            + "{{ m40() }}",
            "the template takes more than 100,000 steps",
        ),
        (
            "{% set a0 %}"
            + "x" * 100
            + "{% endset %}"
            + "".join(f"{{% set a{n + 1} %}}{{{{ a{n} }}}}{{{{ a{n} }}}}{{% endset %}}" for n in range(40))
            + "{{ a40 }}",
            "the template writes more than 1,000,000 characters",
        ),
        (
            "{% for c in engagement.contacts %}" + "x" * 90_000 + "{% endfor %}",
            "the template writes more than 1,000,000 characters",
        ),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "macros call each other endlessly"),
        ("{% set a = [[[1]]] %}", "the template nests lists more than two deep"),
        (
            "{% set a = [1, 2] %}{% set b = [a, a] %}{% set c = [b, b] %}",
            "the template nests lists more than two deep",
        ),
        ("{{ engagement.contacts|join(', ') }}", "the template prints a Contact"),
    ],
)
def test_render_ends_with_a_sentence_when_a_template_would_not_end(
    folder: Folder, text: str, said: str
) -> None:
    crowd = replace(FULL, contacts=tuple(Contact(f"c{n}", "a@b.example") for n in range(20)))
    with pytest.raises(FileProblems) as caught:
        rendered(folder(a=f"\n{text}"), engagement=crowd)
    assert f": the template cannot be rendered: {said}" in str(caught.value)
    assert re.search(r"/a\.md:[12]:1: ", str(caught.value))


def test_render_counts_includes_when_they_double(folder: Folder) -> None:
    parts = {f"_p{n + 1}.md": f"{{% include '_p{n}.md' %}}" * 2 for n in range(40)}
    with pytest.raises(FileProblems, match="more than 100,000 steps"):
        rendered(folder(parts | {"_p0.md": "x", "a.md": "{% include '_p40.md' %}"}))


def test_render_has_a_new_budget_each_time(folder: Folder) -> None:
    crowd = replace(FULL, contacts=tuple(Contact("c", "a@b.example") for _ in range(40)))
    templates = TemplateLibrary(
        folder(a=_TENFOLD.replace("many", "engagement.contacts").replace("e in", "e in []|list if e in", 1))
    )
    for _ in range(200):
        templates.render("a", facts("call", crowd))


# --- the sandbox --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "expression",
    [
        "engagement.__class__",
        "engagement['__class__']",
        "engagement|map(attribute='__class__')|list",
        "[engagement]|map(attribute='__class__')|first",
        "engagement.today",
        "engagement.workdays.after(ends_on, 10)",
        "engagement.customer.upper()",
        "engagement.customer.format",
        "engagement.links.get('x')",
        "ends_on.strftime('%099999999d')",
        "ends_on.replace(year=1)",
        "phase()",
        "engagement()",
        "loop",
        "m.__globals__",
        "m.environment",
        "self.__init__",
        "phase.x",
        "[phase]|map('as own')|first",
        "[phase]|map('safe')|first",
        "[phase]|map('format')|first",
        "none",
        "true",
        "[1, 2]",
        "engagement",
        "engagement.contacts",
        "engagement.links",
    ],
)
def test_render_refuses_what_reaches_beyond_plain_facts(folder: Folder, expression: str) -> None:
    text = "{% macro m() %}{% endmacro %}\n{{ " + expression + " }}\n"
    with pytest.raises(FileProblems) as caught:
        rendered(folder(a=text))
    said = str(caught.value)
    assert "a.md:2:" in said
    assert "ada@acme.example" not in said


def test_render_error_has_the_line_of_the_part_that_failed(folder: Folder) -> None:
    root = folder(a="{% include '_p.md' %}", _p="ok\n\n{{ item.milestone.name }}\n")
    with pytest.raises(FileProblems) as caught:
        rendered(root, engagement=MINIMAL)
    assert str(caught.value).startswith(f"{root}/_p.md:3:1: the template cannot be rendered: ")


# --- nothing is laundered -----------------------------------------------------------------------------------

POISON = "@boss <!-- x --> *b* c"
HARMLESS = "\\@boss &lt;!-- x --> \\*b\\* c"


@pytest.mark.parametrize(
    "expression",
    [
        "engagement.customer",
        "engagement.customer|trim",
        "[engagement.customer]|first",
        "[engagement.customer]|join('')",
        "['', engagement.customer]|join(engagement.customer[99] if false else '')",
        "engagement.customer|default('x')",
        "[engagement.customer]|map('trim')|list|last",
        "[engagement]|map(attribute='customer')|first",
        "engagement.customer if true else 'x'",
        "none or engagement.customer",
        "m(engagement.customer)",
        "engagement.customer|link",
        "captured",
        "block",
    ],
)
def test_render_makes_data_inert_whatever_way_it_takes(folder: Folder, expression: str) -> None:
    head = (
        "{% macro m(x) %}{{ x }}{% endmacro %}"
        "{% set captured = engagement.customer %}{% set block %}{{ engagement.customer }}{% endset %}"
    )
    root = folder(a=head + "{{ " + expression + " }}\n")
    assert rendered(root, engagement=replace(FULL, customer=POISON)) == HARMLESS + "\n"


@pytest.mark.parametrize(
    "expression", ["m(engagement.customer)|upper", "[m(engagement.customer)]|join", "block|trim"]
)
def test_render_makes_data_inert_again_when_a_filter_has_changed_it(folder: Folder, expression: str) -> None:
    head = "{% macro m(x) %}{{ x }}{% endmacro %}{% set block %}{{ engagement.customer }}{% endset %}"
    text = rendered(folder(a=head + "{{ " + expression + " }}\n"), engagement=replace(FULL, customer=POISON))
    assert "<" not in text
    assert "\\@" in text


@pytest.mark.parametrize("sign", ["@", "#", "!", "&", "$", "%", "~", "^", "[", "*"])
def test_render_keeps_values_apart_when_nothing_stands_between_them(folder: Folder, sign: str) -> None:
    text = rendered(folder(a="x {{ phase }}{{ health }}1\n"), phase=sign, health="1")
    assert not re.search(rf"(?<!\\){re.escape(sign)}1", text)


def test_words_of_the_template_itself_stay_as_they_are(folder: Folder) -> None:
    assert rendered(folder(a="- {{ '**a**, ' if phase }}{{ none or ' b*' }}\n")) == "- **a**,  b*\n"


def test_safe_text_does_not_survive_being_put_together() -> None:
    assert type(SafeText("a") + "b") is str
    assert type("b" + SafeText("a")) is str
    assert type(SafeText(", ").join(["a"])) is str


# --- filters and tidiness -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://crm.example/006?a=1&b=2#c", "<https://crm.example/006?a=1&b=2#c>"),
        ("http://x.example:8080/gitlab/", "<http://x.example:8080/gitlab/>"),
        ("https://x.example/@boss/~bug", "<https://x.example/%40boss/%7Ebug>"),
        ('https://x.example/`a`"b"|c', "<https://x.example/%60a%60%22b%22%7Cc>"),
        ("https://x.example/a>b<c", "<https://x.example/a%3Eb%3Cc>"),
        ("https://x.example/ä", "<https://x.example/%C3%A4>"),
        ("https://x.example/a%20b", "<https://x.example/a%20b>"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("mailto:ada@acme.example", "mailto:ada@acme.example"),
        ("https://user:pw@evil.example/", f"https:{WORD_JOINER}//user:pw@evil.example/"),
        ("https://x.example/a b", "https://x.example/a b"),
        ("https://x.example/\n/close", "https://x.example/ /close"),
        ("https://", f"https:{WORD_JOINER}//"),
        ("https://[bad/", f"https:{WORD_JOINER}//\\[bad/"),
        ("//x.example", "\\//x.example"),
        ("ftp://x.example", f"ftp:{WORD_JOINER}//x.example"),
    ],
)
def test_link_makes_web_addresses_clickable_and_shows_the_rest_as_text(
    folder: Folder, address: str, shown: str
) -> None:
    assert rendered(folder(a="{{ phase|link }}\n"), phase=address) == shown + "\n"


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("acme/my_project", "`acme/my_project`"),
        ("a`b", "a\\`b"),
        ("a b", "a b"),
        ("@all", "\\@all"),
        ("", ""),
    ],
)
def test_code_shows_paths_as_code_and_the_rest_as_text(folder: Folder, path: str, shown: str) -> None:
    assert rendered(folder(a="{{ phase|code }}\n"), phase=path) == shown + "\n"


def test_chart_names_are_short_in_the_units_that_browsers_count(folder: Folder) -> None:
    wide = rendered(folder(a="{{ phase|chart }}"), phase="\U00020000" * 60)
    assert len(wide.strip().encode("utf-16-le")) == 80


@pytest.mark.parametrize(
    "name", ["Call centre moved", "href", "2026-12-31 live", "section two", "click me", "title"]
)
def test_chart_names_do_not_begin_with_words_of_the_chart(folder: Folder, name: str) -> None:
    assert rendered(folder(a="{{ phase|chart }}"), phase=name) == f"{WORD_JOINER}{name}\n"


def test_numbers_and_dates_are_printed_plainly(folder: Folder) -> None:
    text = rendered(
        folder(
            a="{{ hours }} {{ ends_on }} {{ engagement.budget_hours }} {{ item.number }} {{ ends_on.year }}\n"
        )
    )
    assert text == "191.5 2027-03-12 160 1 2027\n"


def test_render_leaves_no_blanks_at_line_ends_and_no_two_empty_lines(folder: Folder) -> None:
    root = folder({"a.md": "\r\n\r\none: \r\n{% if health %}\r\n\r\n\r\n{% endif %}\r\ntwo\r\n\r\n\r\n"})
    assert rendered(root) == "one:\n\ntwo\n"


def test_a_part_sees_facts_and_not_the_names_of_who_includes_it(folder: Folder) -> None:
    assert complaints(
        folder(a="{% for c in engagement.contacts %}{% include '_p.md' %}{% endfor %}", _p="{{ c }}")
    )


def test_templates_in_plain_text_keep_text_as_it_is_on_one_line(folder: Folder) -> None:
    root = folder({"m.txt": "{{ engagement.customer }}\n"})
    shown = rendered(root, "m", replace(FULL, customer="A_b & *C* <d>\n/close\x1b[31m"))
    assert shown == "A_b & *C* <d> /close[31m\n"


def test_templates_of_mails_do_not_include_markdown(folder: Folder) -> None:
    assert (
        "template _p.md does not exist"
        in complaints(folder({"m.txt": "{% include '_p.md' %}", "_p.md": "x"}))[0]
    )


@dataclass(frozen=True, slots=True)
class Odd:
    secret: str = "s3cret"


def test_failures_do_not_print_values(folder: Folder) -> None:
    with pytest.raises(FileProblems) as caught:
        rendered(folder(a="{{ phase }}"), phase=Odd())
    assert "s3cret" not in str(caught.value)


def test_items_of_every_shape_have_what_templates_name(folder: Folder) -> None:
    item = ScheduledItem(
        "sign-off", "sign-off/x", "wrap-up", None, milestone=Milestone("x", date(2027, 1, 1), "x")
    )
    assert rendered(folder(a="{{ item.milestone.name }} {{ item.key }}"), item=item) == "x sign-off/x\n"
