from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from psbot.core.model.process import Process
from psbot.engagements.loader import LoadResult, load_portfolio, parse_engagement
from psbot.engagements.schema import EngagementFile, json_schema
from psbot.parsing.yaml_document import parse_yaml
from tests.support.paths import ROOT

EXAMPLE = (ROOT / "examples" / "acme-aws.yml").read_text()


def complaints(loaded: LoadResult) -> list[str]:
    return str(loaded.error).splitlines() if loaded.error else []


def with_line(key: str, line: str) -> tuple[str, int]:
    """Return the AWS example with the line of *key* replaced by *line*, or *line* added, and its number."""
    lines = EXAMPLE.splitlines()
    for number, old in enumerate(lines, 1):
        if old.lstrip().startswith(f"{key}:"):
            lines[number - 1] = line
            return "\n".join(lines) + "\n", number
    return "\n".join([*lines, line]) + "\n", len(lines) + 1


@pytest.mark.parametrize(
    ("key", "line", "complaint"),
    [
        ("engagement", "engagement: Acme", "engagement: Acme is not valid; write 2 to 63 characters of a-z, 0-9 and -, such as acme-sow-142"),
        ("engagement", "engagement: a", "engagement: a is not valid"),
        ("customer", "customer: 12", 'customer: 12 is a number, not text; write "12" in quotes'),
        ("customer", "customer:", "customer: this is empty, not text; write text"),
        ("customer", "customr: Acme", "customr: unknown key; did you mean customer?"),
        ("hosting", "hosting: asw", "hosting: asw is not a valid value; did you mean aws?"),
        ("budget_hours", "budget_hours: -1", "budget_hours: -1 is too small; write at least 0"),
        ("budget_hours", "budget_hours: true", "budget_hours: true is true or false, not a number; write a number"),
        ("kick_off_on", "kick_off_on: 2026-13-01", "kick_off_on: 2026-13-01 is not a calendar day: month must be in 1..12"),
        ("kick_off_on", "kick_off_on: 1.12.2026", "kick_off_on: 1.12.2026 is not a date; write a date as 2026-12-01"),
        ("kick_off_on", "kick_off_on: 20261201", "kick_off_on: 20261201 is a number, not a date; write a date as 2026-12-01"),
        ("ends_on", "ends_on: 2026-11-30", "ends_on: 2026-11-30 is before the kick-off on 2026-12-01; correct one of the dates"),
        ("ends_on", "ends_on: 2062-02-26", "ends_on: the engagement is longer than five years; check the years"),
        ("closed_won_on", "closed_won_on: 2027-03-01", "closed_won_on: 2027-03-01 is after the end on 2027-02-26; correct one of the dates"),
        ("time_zone", "time_zone: Europe/Brlin", "time_zone: Europe/Brlin is not a known time zone; did you mean Europe/Berlin?"),
        ("time_zone", "time_zone: Berlin", "time_zone: Berlin is not a known time zone; did you mean Europe/Berlin?"),
        ("time_zone", "time_zone: ../../etc/passwd", "time_zone: ../../etc/passwd is not valid"),
        ("time_zone", "time_zone: Europe", "time_zone: Europe is not a known time zone"),
        ("holidays", "holidays: DE-XX", "holidays: DE has no subdivision XX; write one of"),
        ("holidays", "holidays: [DE, QQ]", "holidays.1: no public holidays are known for the country QQ"),
        ("holidays", "holidays: []", "holidays: this is empty"),
        ("project", "  project: ../x", "gitlab.project: ../x is not valid; write the full path"),
        ("project", "  project: other/project", "gitlab.project: other/project is not below the group acme/delivery"),
        ("internal_project", "  internal_project: acme/delivery/project", "gitlab.internal_project: the customer can see this project"),
        ("label_group", "  label_group: acm", "gitlab.label_group: acm is not above acme/delivery"),
        ("manager", "  manager: '@maria'", "people.manager: @maria is not valid; write the GitLab username without @"),
        ("engineers", "  engineers: [paul, paul]", "people.engineers.1: duplicate engineer paul; keep one of them"),
        ("engineers", "  enginers: [paul]", "people.enginers: unknown key; did you mean engineers?"),
        ("calls", 'calls: {every: week, on: saturday, at: "10:00"}', "calls.on: saturday is not a business day; write one of monday,"),
        ("calls", 'calls: {every: month, on: monday, at: "10:00"}', "calls.every: month is not a valid value; write one of two-weeks, week"),
        ("calls", 'calls: {every: week, on: monday, at: "25:00"}', 'calls.at: 25:00 is not valid; write a time as "10:00"'),
        ("links", "links: {crm: 'javascript:alert(1)'}", "links.crm: javascript:alert(1) is not valid; write a link that starts with https://"),
        ("intake", "intake: {licence_teir: Premium}", "intake.licence_teir: unknown question; did you mean licence_tier?"),
        ("intake", "intake: {users: [1]}", "intake.users: this is not an answer"),
        ("skip", "skip: {kickoff: because}", "skip.kickoff: unknown kind; did you mean kick-off?"),
        ("skip", "skip: {engagement-log: because}", "skip.engagement-log: engagement-log cannot be skipped; delete the line"),
        ("skip", "skip: {call: }", "skip.call: this is empty, not text"),
        ("milestones", "milestones: [{name: A, due: 2026-12-10}, {name: 'a ', due: 2026-12-11}]", "milestones.1.name: duplicate milestone name a"),
        ("milestones", "milestones: [{name: A, due: 2026-11-10}]", "milestones.0.due: 2026-11-10 is before the kick-off"),
        ("milestones", "milestones: [{name: A, due: 2027-11-10}]", "milestones.0.due: 2027-11-10 is after the end"),
        ("milestones", "milestones: [{name: A}]", "milestones.0.due: this key is missing; add due:"),
        ("amendments", "amendments: [{reference: CO-1, signed_on: 2026-12-10}]", "amendments.0: the amendment changes nothing"),
        ("amendments", "amendments: [{reference: CO-1, signed_on: 2026-12-10, hours: -200}]", "amendments.0.hours: the hours sold would be -40"),
        ("phase", "phase: delivery", "phase: unknown key"),
    ],
)  # fmt: skip
def test_engagement_file_says_where_and_what_would_be_right(
    key: str, line: str, complaint: str, process: Process
) -> None:
    text, number = with_line(key, line)
    found = complaints(parse_engagement("acme.yml", text, process))
    assert any(f": {complaint}" in each and each.startswith(f"acme.yml:{number}:") for each in found), found


@pytest.mark.parametrize(
    ("key", "line", "code"),
    [
        ("kick_off_on", "kick_off_on: 2026-11-29", "day-off"),
        ("ends_on", "ends_on: 2027-01-06", "day-off"),
        ("closed_won_on", "closed_won_on: 2026-12-02", "won-after-kick-off"),
        ("internal_project", "  internal: confidential-in-shared", "internal-in-shared"),
        ("intake", "intake: {hypervisor: VMware}", "answer-unused"),
    ],
)
def test_engagement_file_warns_of_what_may_be_meant(key: str, line: str, code: str, process: Process) -> None:
    text, number = with_line(key, line)
    loaded = parse_engagement("acme.yml", text, process)
    assert loaded.engagement is not None
    assert [(each.code, each.problem.line) for each in loaded.warnings] == [(code, number)]


def test_engagement_file_without_internal_project_is_refused_unless_the_risk_is_accepted(
    process: Process,
) -> None:
    text, _ = with_line("internal_project", "")
    (complaint,) = complaints(parse_engagement("acme.yml", text, process))
    assert "there is no project for internal items; add internal_project:" in complaint


def test_engagement_file_says_everything_at_once_whatever_else_is_wrong(process: Process) -> None:
    text = EXAMPLE.replace("hosting: aws", "hosting: asw").replace("acme/delivery/project ", "other/project ")
    text = (
        text.replace('"09:15"', "09:15").replace("ends_on: 2027", "ends_on: 2025").replace("DE-BY ", "DE-XX ")
    )
    found = "\n".join(complaints(parse_engagement("acme.yml", text, process)))
    for key in ("hosting", "closed_won_on", "gitlab.project", "standups.at", "ends_on", "holidays"):
        assert f": {key}: " in found
    assert len(found.splitlines()) == 6


def test_key_in_two_files_stops_both_and_no_other(tmp_path: Path, process: Process) -> None:
    for name in ("a.yml", "b.yml"):
        (tmp_path / name).write_text(EXAMPLE)
    (tmp_path / "c.yml").write_text(EXAMPLE.replace("acme-sow-142", "acme-sow-143"))
    first, second, third = load_portfolio([tmp_path / name for name in ("a.yml", "b.yml", "c.yml")], process)
    assert complaints(first)[0].startswith(
        f"{tmp_path / 'a.yml'}:2:13: engagement: duplicate key acme-sow-142, also used in "
    )
    assert str(tmp_path / "a.yml") in complaints(second)[0]
    assert third.engagement is not None


def test_milestone_keys_are_names_or_positions(process: Process) -> None:
    names = ["Production ready", "Übergabe: Teil 2", "验收", "production-READY!", "5", "!!!"]
    entries = ", ".join(f'{{name: "{name}", due: 2026-12-10}}' for name in names)
    loaded = parse_engagement("acme.yml", EXAMPLE + f"milestones: [{entries}]\n", process)
    assert loaded.engagement is not None
    keys = [milestone.key for milestone in loaded.engagement.milestones]
    assert keys == ["production-ready", "ubergabe-teil-2", "3", "4", "5", "6"]


def test_amendments_count_from_their_signature(process: Process) -> None:
    amendments = """amendments:
  - {reference: CO-1, signed_on: 2026-12-10, hours: 40}
  - {reference: CO-2, signed_on: 2027-01-15, hours: -8.5, ends_on: 2027-03-12}
"""
    engagement = parse_engagement("acme.yml", EXAMPLE + amendments, process).engagement
    assert engagement is not None
    assert [engagement.hours_sold(date(2026, 12, day)) for day in (9, 10)] == [160, 200]
    assert engagement.hours_sold(date(2027, 1, 15)) == 191.5
    assert engagement.ends_on(date(2027, 1, 14)) == date(2027, 2, 26)
    assert engagement.ends_on(date(2027, 1, 15)) == date(2027, 3, 12)


def test_schema_accepts_the_examples_and_refuses_an_unknown_key() -> None:
    Draft202012Validator.check_schema(json_schema())
    validator = Draft202012Validator(json_schema())
    for file in (ROOT / "examples").glob("*.yml"):
        assert not list(validator.iter_errors(parse_yaml(str(file), file.read_text()).data))
    assert list(validator.iter_errors({"engagment": "x"}))


lines = st.sampled_from(EXAMPLE.splitlines())
values = st.text("abc:-{}[]0123456789\"', #", max_size=20)
keys = st.sampled_from([*EngagementFile.model_fields, "nonsense", ""])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(lines, st.builds("{}: {}".format, keys, values)), max_size=40))
def test_engagement_reader_never_crashes_and_errors_have_lines_that_exist(
    process: Process, file: list[str]
) -> None:
    text = "\n".join(file)
    loaded = parse_engagement("f.yml", text, process)
    assert (loaded.engagement is None) == (loaded.error is not None)
    for complaint in complaints(loaded):
        assert complaint.startswith("f.yml:")
        assert 1 <= int(complaint.split(":")[1]) <= text.count("\n") + 1
