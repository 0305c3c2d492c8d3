"""What psbot says of a GitLab whose edition, settings or version it cannot work with."""

import pytest

from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.state.accounts import Edition
from psbot.sandbox.state.seed import INTERNAL_PROJECT
from tests.support.paths import ROOT
from tests.support.terminal import Psbot, psbot_on

AWS = ROOT / "examples" / "acme-aws.yml"


@pytest.fixture
def psbot(sandbox: Sandbox) -> Psbot:
    return psbot_on(sandbox, columns=200)


def test_doctor_says_that_an_unlicensed_enterprise_edition_has_no_epics(
    psbot: Psbot, sandbox: Sandbox
) -> None:
    sandbox.world.edition = Edition.FREE
    ended = psbot("doctor", AWS)
    assert "acme/delivery has no epics" in ended.output
    assert "Premium or Ultimate" in ended.output
    assert ended.exit_code == 3


def test_apply_writes_nothing_without_a_licence_for_epics(psbot: Psbot, sandbox: Sandbox) -> None:
    sandbox.world.edition = Edition.FREE
    ended = psbot("apply", AWS)
    assert (ended.exit_code, "acme/delivery has no epics" in ended.output) == (3, True)
    assert not sandbox.world.labels


def test_apply_writes_nothing_where_a_project_has_issues_switched_off(psbot: Psbot, sandbox: Sandbox) -> None:
    assert psbot("apply", AWS).exit_code == 0
    sandbox.world.namespaces[INTERNAL_PROJECT].has_issues = False
    sandbox.world.record_write()
    sandbox.gate.log.reset()
    ended = psbot("apply", AWS)
    assert (ended.exit_code, f"{INTERNAL_PROJECT} has no issues" in ended.output) == (3, True)
    assert not any(each.is_write for each in sandbox.gate.log.entries)


def test_doctor_names_the_oldest_gitlab_that_psbot_works_with(psbot: Psbot, sandbox: Sandbox) -> None:
    sandbox.world.server_version = "18.6.2-ee"
    ended = psbot("doctor", AWS)
    assert "GitLab 18.6.2-ee" in ended.output
    assert "psbot needs GitLab 18.7 or newer" in ended.output


def test_request_that_gitlab_does_not_know_is_a_question_of_its_version(
    psbot: Psbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("psbot.gitlab.account_reader.SERVER_QUERY", "query Server { metadata { age } }")
    said = psbot("doctor", AWS).output
    assert "this GitLab is too old or too new for psbot" in said
    assert "Field 'age' doesn't exist on type 'Metadata'" in said
