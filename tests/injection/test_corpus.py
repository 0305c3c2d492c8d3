"""Every text of the corpus in every field of an engagement file: refused with its place, or shown and nothing else."""

import copy
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from psbot.config.loader import load_process
from psbot.core.desired.build import build_desired
from psbot.core.desired.schedule import Context
from psbot.core.desired.template_facts import build_template_facts
from psbot.core.model.engagement import Engagement
from psbot.core.model.item import Desired, Snapshot
from psbot.core.plan.plan import build_plan
from psbot.core.text.escape import replace_control_characters
from psbot.engagements.loader import LoadResult, parse_engagement, warning_lines
from psbot.engagements.schema import EngagementFile
from psbot.errors import FileProblems, PsbotError
from psbot.parsing.validation import _model_in
from psbot.report import plan
from psbot.report.plan_rows import FilePlan
from psbot.templates.library import TemplateLibrary
from psbot.templates.mail import build_welcome_mail
from psbot.templates.render import find_scheduled_item
from tests.injection.corpus import CATEGORIES, CORPUS, EVERY, Entry, check_each, entries_of
from tests.injection.oracle import assert_like, assert_powerless, assert_quiet
from tests.support.paths import ROOT
from tests.support.sample import Sample

PROCESS = load_process(ROOT / "config")
WORDS = TemplateLibrary(ROOT / "issue_templates")
NOW = datetime.fromisoformat("2026-11-23T09:00+01:00")
TODAY = date(2026, 11, 23)
PLAIN = "Plain"

Keys = tuple[str | int, ...]

BASE: dict[str, Any] = {
    "engagement": "acme-sow-142", "customer": PLAIN, "sow": PLAIN, "hosting": "aws", "contract": "fixed-fee", "budget_hours": 160,
    "closed_won_on": "2026-11-16", "kick_off_on": "2026-12-01", "ends_on": "2027-02-26", "time_zone": "Europe/Berlin", "holidays": ["DE-BY"],
    "gitlab": {"group": "acme/delivery", "project": "acme/delivery/project", "internal_project": "acme/delivery/internal", "label_group": "acme"},
    "people": {"manager": "maria", "engineers": ["paul"], "project_manager": "pia", "delivery_lead": "dora"},
    "customer_contacts": [{"name": PLAIN, "email": "ada@acme.example", "role": PLAIN}],
    "calls": {"every": "week", "on": "tuesday", "at": "10:00", "minutes": 45}, "standups": {"every": "day", "at": "09:15"},
    "milestones": [{"name": PLAIN, "due": "2027-01-29"}], "links": {"opportunity": "https://crm.example/006"},
    "intake": {"licence_tier": PLAIN}, "skip": {"post-mortem": PLAIN},
    "amendments": [{"reference": PLAIN, "signed_on": "2026-11-20", "hours": 8, "ends_on": "2027-02-26"}],
}  # fmt: skip


def leaves(model: type[BaseModel] = EngagementFile, data: Any = BASE, at: Keys = ()) -> Iterator[Keys]:
    """Yield the place of every value that the model knows, those that BASE leaves out too."""
    for name, field in model.model_fields.items():
        inner, value = _model_in(field.annotation), data.get(name)
        if inner is not None and isinstance(value, list):
            yield from (
                path for number, each in enumerate(value) for path in leaves(inner, each, (*at, name, number))
            )
        elif inner is not None:
            yield from leaves(inner, value, (*at, name))
        elif isinstance(value, dict):
            yield from ((*at, name, key) for key in value)
        elif isinstance(value, list):
            yield from ((*at, name, number) for number in range(len(value)))
        else:
            yield (*at, name)


class Quoted(yaml.SafeDumper):
    """Writes all text in double quotes, with escapes for what a file cannot hold."""


Quoted.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)

LEAVES = tuple(leaves())
MAPPINGS = tuple(name for name, value in BASE.items() if isinstance(value, dict) and _model_in(EngagementFile.model_fields[name].annotation) is None)  # fmt: skip


def written(text: str, places: Mapping[Keys, bool], keys: set[str]) -> dict[str, Any]:
    """Return BASE with *text* at every place that is true, and as another key of the mappings *keys*."""
    data = copy.deepcopy(BASE)
    for place in (place for place, is_hostile in places.items() if is_hostile):
        holder: Any = data
        for step in place[:-1]:
            holder = holder[step]
        holder[place[-1]] = text
    for name in keys:
        data[name][text] = next(iter(BASE[name].values()))
    return data


def parsed(data: Mapping[str, Any]) -> LoadResult:
    text = yaml.dump(data, Dumper=Quoted, sort_keys=False, width=10_000)
    loaded = parse_engagement("acme.yml", text, PROCESS)
    if loaded.error:
        assert_located(loaded.error, text)
    return loaded


def assert_located(error: PsbotError, text: str) -> None:
    assert_quiet(replace_control_characters(str(error)))
    assert isinstance(error, FileProblems)
    assert error.problems
    for problem in error.problems:
        assert 1 <= problem.line <= text.count("\n") + 1
        assert problem.column >= 1
        assert problem.message


@cache
def taken(text: str) -> tuple[Engagement, LoadResult]:
    """Return the engagement with *text* wherever the loader takes it; every refusal on the way says its place."""
    places, keys = dict.fromkeys(LEAVES, True), set(MAPPINGS)
    while True:
        loaded = parsed(written(text, places, keys))
        if loaded.engagement:
            return loaded.engagement, loaded
        assert isinstance(loaded.error, FileProblems)
        refused = {problem.path for problem in loaded.error.problems}
        wrong = [
            place
            for place, is_hostile in places.items()
            if is_hostile and ".".join(map(str, place)) in refused
        ]
        odd = {name for name in keys if f"{name}.{replace_control_characters(text)}" in refused}
        if not wrong and not odd:  # a part that was right alone does not fit the others
            parts = {path.partition(".")[0] for path in refused}
            wrong = [place for place, is_hostile in places.items() if is_hostile and place[0] in parts]
            odd = keys & parts
            assert wrong or odd, f"{text!r} is refused for nothing that it was written to: {loaded.error}"
        places |= dict.fromkeys(wrong, False)
        keys -= odd


def situation(engagement: Engagement) -> Context:
    return Context(engagement, PROCESS, TODAY)


def descriptions(engagement: Engagement) -> dict[str, str]:
    """Return the words of every kind, those of the other hosting and of nobody's engagement too."""
    known = build_template_facts(situation(engagement))
    found = {}
    for kind in PROCESS.kinds.values():
        engineers = () if "engineers" in kind.only else ("paul",)
        fitting = replace(engagement, hosting=kind.only.get("hosting", "aws"), engineers=engineers)
        found[kind.name] = WORDS.render(
            kind.template, known | {"item": find_scheduled_item(kind.name, situation(fitting))}
        )
    return found


def planned(engagement: Engagement, wanted: Desired, file: str) -> FilePlan:
    return FilePlan.of(file, engagement, build_plan(engagement, wanted, Snapshot(), PROCESS))


def report(form: str, drawn: FilePlan) -> str:
    return plan.render_plans(form, [drawn], PROCESS.limits, NOW)


def mail(engagement: Engagement, *, is_known: bool) -> EmailMessage:
    known = build_template_facts(situation(engagement)) | {
        "item": find_scheduled_item("welcome-email", situation(engagement))
    }
    name = engagement.customer
    sent = build_welcome_mail(engagement, WORDS, known, is_existing_customer=is_known, manager_name=name)
    return message_from_bytes(sent, EmailMessage, policy=default)


@cache
def plain(links: int) -> Engagement:
    """Return the engagement with a plain word for every text, and as many links."""
    engagement = parsed(BASE).engagement
    assert engagement is not None
    return replace(engagement, skip={}, links={f"name{at}": "https://crm.example/006" for at in range(links)})


@cache
def plain_words(links: int) -> dict[str, str]:
    return descriptions(plain(links))


@cache
def plain_report(links: int) -> str:
    base = plain(links)
    return report("markdown", planned(base, build_desired(base, PROCESS, NOW, WORDS), "engagements/x.yml"))


def without_skip(engagement: Engagement) -> Engagement:
    return replace(engagement, skip={})


def test_corpus_has_at_least_five_hundred_texts_each_once() -> None:
    assert (
        len({entry.text for entry in CORPUS}) == len({entry.label for entry in CORPUS}) == len(CORPUS) >= 500
    )


def test_texts_of_three_samples_that_follow_each_other_are_the_corpus() -> None:
    samples = [Sample(seed) for seed in range(739_000, 739_000 + EVERY)]
    for category in CATEGORIES:
        assert all(entries_of(category, sample) for sample in samples)
    played = {
        entry for sample in samples for category in CATEGORIES for entry in entries_of(category, sample)
    }
    assert played == set(CORPUS) == {entry for category in CATEGORIES for entry in entries_of(category)}


def test_every_text_that_goes_wrong_is_named() -> None:
    def check(entry: Entry) -> None:
        assert entry.text not in ("@root", "@ada")

    with pytest.raises(ExceptionGroup, match="2 texts") as caught:
        check_each(entries_of("mention"), check)
    assert ["'@root'" in str(each.__notes__) for each in caught.value.exceptions] == [True, False]


def test_every_field_of_the_model_takes_part() -> None:
    schema = json.dumps(EngagementFile.model_json_schema())
    names = (
        {place[-1] for place in LEAVES}
        | {place[0] for place in LEAVES}
        | {part for place in LEAVES for part in place}
    )
    assert [name for name in json.loads(schema)["properties"] if name not in names] == []
    assert len(LEAVES) > 35
    assert set(MAPPINGS) == {"links", "intake", "skip"}


def test_text_in_every_field_is_refused_with_its_place_or_does_nothing(entries: list[Entry]) -> None:
    check_each(entries, assert_refused_or_nothing)


def assert_refused_or_nothing(entry: Entry) -> None:
    engagement, loaded = taken(entry.text)
    assert_nothing_in_descriptions(entry, engagement, loaded)
    assert_nothing_in_titles_and_reports(entry, without_skip(engagement))
    assert_nothing_in_a_reason_to_leave_out(engagement.skip.get("post-mortem", PLAIN))
    assert_nothing_in_the_mail(engagement)


def assert_nothing_in_descriptions(entry: Entry, engagement: Engagement, loaded: LoadResult) -> None:
    can_be_seen = any(unicodedata.category(char)[0] not in "CZM" for char in entry.text)
    if can_be_seen and len(entry.text.strip()) <= 200:
        shown = {engagement.customer, engagement.contacts[0].name, engagement.milestones[0].name}
        assert {each.strip() for each in shown} == {entry.text.strip()}
    for remark in warning_lines(loaded, PROCESS, NOW):
        assert_quiet(replace_control_characters(remark))
    words = plain_words(len(engagement.links))
    for kind, text in descriptions(without_skip(engagement)).items():
        assert_like(text, words[kind])


def assert_nothing_in_titles_and_reports(entry: Entry, engagement: Engagement) -> None:
    wanted = build_desired(engagement, PROCESS, NOW, WORDS)
    for item in wanted.snapshot.items:
        assert_quiet(item.title)
        assert not re.match(r"\s*[/\uff0f\u2044\u2215\u29f8]", item.title)
        assert_powerless([item.title])
        assert 0 < len(item.title) <= 255
        assert "\n" not in item.title
        if item.description:
            assert item.description.startswith(f"<!-- psbot: engagement={engagement.key} item={item.key} ")
            assert item.description.count("<!-- psbot: ") == 1
    file = f"engagements/{entry.text}.yml"
    drawn = planned(engagement, wanted, file)
    assert_quiet(report("text", drawn))
    data = report("json", drawn)
    assert_quiet(data)
    assert json.loads(data)["engagements"][0]["file"] == file
    assert_like(report("markdown", drawn), plain_report(len(engagement.links)))


def left_out(reason: str) -> FilePlan:
    base = replace(plain(0), skip={"post-mortem": reason})
    return planned(base, build_desired(base, PROCESS, NOW, WORDS), "engagements/x.yml")


@cache
def plainly_left_out() -> str:
    return report("markdown", left_out(PLAIN))


def assert_nothing_in_a_reason_to_leave_out(reason: str) -> None:
    drawn = left_out(reason)
    for form in ("text", "json"):
        assert_quiet(report(form, drawn))
    assert f"is skipped: {PLAIN}" in plainly_left_out()
    assert_like(report("markdown", drawn), plainly_left_out())


def assert_nothing_in_the_mail(engagement: Engagement) -> None:
    for is_known in (False, True):
        sent, expected = (mail(each, is_known=is_known) for each in (engagement, plain(0)))
        assert sorted(sent.keys()) == sorted(expected.keys())
        assert [each.addr_spec for each in sent["To"].addresses] == [
            each.email for each in engagement.contacts
        ]
        assert not sent["Subject"].defects
        assert_quiet(sent["Subject"])
        body, like = (each.get_content().replace("\r\n", "\n") for each in (sent, expected))
        assert_quiet(body)
        assert body.count("\n") == like.count("\n")


def test_text_as_it_is_in_a_file_is_refused_with_its_place_or_read(entries: list[Entry]) -> None:
    check_each(entries, assert_refused_or_read)


def assert_refused_or_read(entry: Entry) -> None:
    base = yaml.safe_dump(BASE, sort_keys=False)
    for before, after in (
        (f"customer: {PLAIN}\n", "customer: {}\n"),
        (f"sow: {PLAIN}\n", "{}: x\n"),
        ("engagement:", "{}\nengagement:"),
    ):
        assert before in base
        text = base.replace(before, after.replace("{}", entry.text), 1)
        loaded = parse_engagement("acme.yml", text, PROCESS)
        if loaded.error:
            assert_located(loaded.error, text)
        else:
            assert loaded.engagement is not None
