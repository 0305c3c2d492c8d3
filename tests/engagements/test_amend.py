"""A signed change in the engagement file: one line more, all the rest as it was, comments and line ends included."""

import json
import subprocess
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from psbot.core.changes.amendment import MissingAmendment
from psbot.core.model.engagement import Amendment, Engagement
from psbot.engagements.amend import amend_file, amend_text
from psbot.engagements.loader import parse_engagement
from psbot.errors import PsbotError
from tests.support.board import PROCESS
from tests.support.paths import ROOT

AWS = (ROOT / "examples" / "acme-aws.yml").read_text(encoding="utf-8")
CO_2 = Amendment("CO-2", date(2026, 12, 15), 40, date(2027, 3, 26))
LINE = "{reference: CO-2, signed_on: 2026-12-15, hours: 40, ends_on: 2027-03-26}"
EARLIER = "{reference: CO-1, signed_on: 2026-12-01, hours: 8}"
LATER = "{reference: CO-3, signed_on: 2027-01-12, hours: 2.5}"


def read(text: str) -> Engagement:
    loaded = parse_engagement("acme.yml", text.replace("\r\n", "\n"), PROCESS)
    assert loaded.engagement is not None, loaded.error
    return loaded.engagement


def after(text: str, change: MissingAmendment | None = None) -> str:
    return amend_text("acme.yml", text, read(text), change or MissingAmendment(CO_2), PROCESS)


def added(before: str, text: str) -> list[str]:
    """Return the lines that are new; all others must be there as they were, in their order."""
    old, new = before.splitlines(), []
    for line in text.splitlines():
        if old and line == old[0]:
            old.pop(0)
        else:
            new.append(line)
    assert old == []
    return new


@pytest.mark.parametrize(
    ("tail", "lines"),
    [
        ("", ["amendments:", f"  - {LINE}"]),
        ("# the end of it\n", ["amendments:", f"  - {LINE}"]),
        (f"amendments:\n  - {EARLIER}  # by mail\n", [f"  - {LINE}"]),
        (f"amendments:\n- {EARLIER}\n", [f"- {LINE}"]),
        (f"amendments:\n  - {LATER}\n", [f"  - {LINE}"]),
        (f"amendments:\n  # the first\n  - {EARLIER}\n  # the last\n  - {LATER}\n# end\n", [f"  - {LINE}"]),
        (
            "amendments:\n  - reference: CO-1\n    signed_on: 2026-12-01\n    hours: 8  # more\n",
            [f"  - {LINE}"],
        ),
        ("amendments: []\n", [f"amendments: [{LINE}]"]),
        ("amendments: []   # none yet\n", [f"amendments: [{LINE}]   # none yet"]),
        (f"amendments: [{EARLIER}]\n", [f"amendments: [{EARLIER}, {LINE}]"]),
        (f"amendments: [{LATER}]\n", [f"amendments: [{LINE}, {LATER}]"]),
        (f"amendments: [\n  {EARLIER},\n  {LATER},\n]\n", [f"  {LINE}, {LATER},"]),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_entry_goes_where_it_belongs_and_nothing_else_changes(tail: str, lines: list[str], end: str) -> None:
    before = (AWS + tail).replace("\n", end)
    text = after(before)
    if "[" not in tail:
        assert added(before, text) == lines
    else:
        assert [line for line in text.splitlines() if line not in before.splitlines()] == lines
    assert ("\r\n" in text) == (end == "\r\n")
    assert text.count("\n") == text.count(end)
    references = [each.reference for each in read(text).amendments]
    assert references == sorted(references)
    assert "CO-2" in references


@pytest.mark.parametrize("place", ["in the middle", "at the end without a line end"])
def test_list_is_found_wherever_it_stands(place: str) -> None:
    block = f"amendments:\n  - {EARLIER}"
    before = f"{AWS}{block}" if "end" in place else AWS.replace("people:", f"{block}\npeople:")
    assert added(before, after(before)) == [f"  - {LINE}"]


def test_contract_is_changed_where_it_stands_and_its_comment_stays() -> None:
    change = MissingAmendment(Amendment("CO-2", date(2026, 12, 15), 0, None), "time-and-materials")
    text = after(AWS, change)
    assert read(text).contract == "time-and-materials"
    (line,) = [each for each in AWS.splitlines() if each.startswith("contract:")]
    assert line.replace("fixed-fee", "time-and-materials", 1) in text.splitlines()


@pytest.mark.parametrize(
    "reference", ['CO "2"', "CO: 2 #3", "'", "- x", "[a, b]", "2026-12-15", "yes", "é, \\n", "{{x}}"]
)
def test_reference_is_quoted_so_that_it_is_read_as_it_was_said(reference: str) -> None:
    text = after(AWS, MissingAmendment(Amendment(reference, date(2026, 12, 15), 12345.25, None)))
    (found,) = read(text).amendments
    assert (found.reference, found.hours) == (reference, 12345.25)


@given(st.text(max_size=40))
def test_no_reference_makes_another_file_than_was_meant(reference: str) -> None:
    try:
        text = after(AWS, MissingAmendment(Amendment(reference, date(2026, 12, 15), 8, None)))
    except PsbotError:
        return
    assert [each.reference for each in read(text).amendments] == [reference]
    assert text.startswith(AWS)


@pytest.mark.parametrize(
    "change",
    [
        MissingAmendment(Amendment("CO-2", date(2026, 12, 15), -9999, None)),
        MissingAmendment(Amendment("CO-2", date(2026, 12, 15), None, date(2026, 1, 1))),
    ],
)
def test_change_that_the_file_may_not_have_is_refused_with_its_reason(change: MissingAmendment) -> None:
    with pytest.raises(PsbotError, match="the file would be invalid with the change") as refused:
        after(AWS, change)
    assert "acme.yml" in refused.value.hint


def test_file_in_one_bracket_is_left_to_its_author() -> None:
    flow = json.dumps(yaml.safe_load(AWS.replace(" on: ", ' "on": ')), default=str)
    with pytest.raises(PsbotError, match="cannot place") as refused:
        after(flow)
    assert LINE in refused.value.hint


def test_diff_is_fit_for_git_apply_and_write_makes_the_same(tmp_path: Path) -> None:
    file = tmp_path / "engagements" / "acme.yml"
    file.parent.mkdir()
    file.write_text(AWS, encoding="utf-8")
    engagement = parse_engagement(str(file), AWS, PROCESS).engagement
    assert engagement is not None
    third = Amendment("CO-3", date(2027, 1, 12), None, date(2027, 4, 9))
    changes = [MissingAmendment(CO_2), MissingAmendment(third)]
    shown = amend_file(file, engagement, changes, PROCESS, is_written=False)
    assert file.read_text(encoding="utf-8") == AWS
    patch = shown.replace(f"a/{file.as_posix()}", "a/engagements/acme.yml").replace(
        f"b/{file.as_posix()}", "b/engagements/acme.yml"
    )
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=patch, text=True, check=True)
    patched = file.read_text(encoding="utf-8")
    assert [each.reference for each in read(patched).amendments] == ["CO-2", "CO-3"]
    file.write_text(AWS, encoding="utf-8")
    assert amend_file(file, engagement, changes, PROCESS, is_written=True) == shown
    assert file.read_text(encoding="utf-8") == patched
    assert amend_file(file, engagement, [], PROCESS, is_written=True) == ""
