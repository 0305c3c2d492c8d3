"""Every text of the corpus in what GitLab tells besides items: it is printed, no more."""

from functools import cache

import pytest

from psbot.apply.receipt import Outcome, Receipt
from psbot.core.desired.build import build_desired
from psbot.core.model.item import Snapshot
from psbot.core.model.labels import Label
from psbot.core.plan.plan import Plan, build_plan
from psbot.core.text.escape import replace_control_characters
from psbot.doctor.labels import check_labels
from psbot.errors import GitLabError
from psbot.report import apply, checks
from psbot.report.apply_rows import FileResult
from psbot.runs.work import Reconciled
from tests.injection.corpus import Entry, check_each
from tests.injection.oracle import assert_like, assert_quiet
from tests.injection.test_corpus import NOW, PLAIN, PROCESS, WORDS
from tests.injection.test_corpus import plain as plain_engagement
from tests.support.fakes import FakeGitLab

SCOPE = "ps-state"
FORMS = ("text", "json", "markdown")


@cache
def drawn() -> Plan:
    engagement = plain_engagement(0)
    return build_plan(engagement, build_desired(engagement, PROCESS, NOW, WORDS), Snapshot(), PROCESS)


def labels(form: str, text: str) -> str:
    """What doctor and labels say of a label in psbot's scopes that psbot does not know."""
    gitlab = FakeGitLab()
    gitlab.labels = {f"{SCOPE}::{text}": "gid://gitlab/GroupLabel/1"}
    return checks.render_checks(form, list(check_labels(gitlab, ["acme"], PROCESS.catalogue)), NOW)


def refusals(form: str, text: str) -> str:
    """What apply says where GitLab refuses one operation with a text, and breaks off with it."""
    refused, unclear = drawn().operations[-2:]
    done = (
        Receipt(refused, Outcome.REFUSED, reason=text),
        Receipt(unclear, Outcome.UNCLEAR, reason=text),
    )
    ended = Reconciled(drawn(), done, GitLabError(f"GitLab refused this: {text}"))
    return apply.render_file_results(form, [FileResult.of("acme.yml", "acme-sow-142", ended)], NOW)


SAID = {"labels": labels, "refusals": refusals}


@cache
def plain(what: str) -> str:
    return SAID[what]("markdown", PLAIN)


@pytest.mark.parametrize("what", SAID)
def test_text_is_reported_where_it_has_an_effect(what: str) -> None:
    for form in FORMS:
        assert PLAIN in SAID[what](form, PLAIN)


def test_text_from_gitlab_is_printed_and_does_nothing(entries: list[Entry]) -> None:
    check_each(entries, assert_printed)


def assert_printed(entry: Entry) -> None:
    for what in SAID:
        for form in FORMS:
            assert_quiet(SAID[what](form, entry.text))
        is_of_the_scope = Label.parse(f"{SCOPE}::{entry.text}").scope == SCOPE
        if what != "labels" or is_of_the_scope:
            assert_like(SAID[what]("markdown", entry.text), plain(what))
    assert_quiet(
        replace_control_characters(str(GitLabError(f"GitLab refused this: {entry.text}", entry.text)))
    )
