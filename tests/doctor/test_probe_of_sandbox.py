"""The probe: the sandbox meets every expectation, nothing is left behind, and what cannot be done is said."""

from contextlib import suppress

import pytest

from psbot.doctor.probe.expectation import Outcome
from psbot.doctor.probe.expectations import ASSUMPTIONS, EXPECTATIONS
from psbot.doctor.probe.run import prepare, run_probe, without_names
from psbot.errors import ExitCode, GitLabError
from psbot.gitlab.ports import LimitReached
from psbot.report.probe import render_probe
from psbot.sandbox.faults.faults import Fault, FaultKind, FaultTiming
from psbot.sandbox.rules import access
from psbot.sandbox.server.app import create_app
from psbot.sandbox.state.accounts import AccessLevel, Edition
from psbot.sandbox.state.seed import GROUP
from psbot.sandbox.state.world import World
from tests.doctor.probing import NOW, not_met, probed, samples, scratch_world, tools_for


class Countdown:
    """Ends after it was asked a number of times."""

    def __init__(self, number: int) -> None:
        self.left = number

    def is_over(self) -> bool:
        self.left -= 1
        return self.left <= 0


def remains(world: World) -> tuple[int, int]:
    return len(world.items), len(world.labels)


@pytest.mark.parametrize("edition", [Edition.PREMIUM, Edition.ULTIMATE])
def test_sandbox_meets_every_expectation(edition: Edition) -> None:
    report = probed(scratch_world(edition))
    wrong = [(each.expectation.name, each.seen) for each in report.results if each.outcome is not Outcome.MET]
    assert (wrong, report.left, report.exit_code) == ([], (), ExitCode.DONE)


def test_probe_of_an_edition_without_epics_says_so_and_leaves_nothing() -> None:
    world = scratch_world(Edition.FREE)
    with pytest.raises(GitLabError, match="epic") as caught:
        probed(world)
    assert (caught.value.exit_code, remains(world)) == (ExitCode.GITLAB, (0, 0))


def test_probe_of_a_group_without_projects_says_what_it_needs() -> None:
    with pytest.raises(GitLabError, match="create an empty project"):
        probed(scratch_world(), "acme")


def test_probe_with_a_low_role_says_which_role_it_needs() -> None:
    world = scratch_world(role=AccessLevel.GUEST)
    with pytest.raises(GitLabError, match="at least the Planner role in acme/delivery"):
        probed(world)


def test_probe_deletes_what_it_has_created_and_nothing_else() -> None:
    world = scratch_world()
    before = world.add_label(world.namespaces[GROUP], "theirs")
    report = probed(world)
    assert (report.left, world.items, list(world.labels.values())) == ((), {}, [before])


def test_items_that_cannot_be_deleted_are_closed_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "can_delete", lambda *_: False)
    world, told = scratch_world(role=AccessLevel.MAINTAINER), list[str]()
    with tools_for(world, told=told) as tools:
        report = run_probe(tools, prepare(tools, GROUP, NOW), samples())
    assert not any(item.is_open for item in world.items.values())
    assert [str(label.title) for label in world.labels.values()] == [report.plan.labels.kind]
    assert any(each.startswith("acme/delivery/project: 34 items could not be deleted") for each in told)
    assert (list(report.left), report.exit_code) == (told, ExitCode.DONE)


def test_stopped_probe_cleans_up_wherever_it_is_stopped() -> None:
    for number in range(1, 40, 2):
        world, asked = scratch_world(), Countdown(number)
        with tools_for(world, stop=asked.is_over) as tools:
            plan = prepare(tools, GROUP, NOW)
            try:
                run_probe(tools, plan, samples())
            except LimitReached:
                assert remains(world) == (0, 0), number
                continue
            break
    assert number > 5


def test_probe_whose_answers_get_lost_cleans_up() -> None:
    for number in range(2, 60, 6):
        world = scratch_world()
        gate = create_app(world)
        gate.faults.add(Fault(FaultKind.RESET, FaultTiming.AFTER, number=number))
        with tools_for(world, gate) as tools, suppress(GitLabError):
            run_probe(tools, prepare(tools, GROUP, NOW), samples())
        assert remains(world) == (0, 0), number


def test_report_file_has_no_tokens_names_or_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "can_delete", lambda *_: False)
    world = scratch_world(role=AccessLevel.MAINTAINER)
    text = render_probe("markdown", without_names(probed(world), world.url), NOW)
    for word in ("acme/", "psbot-bot", world.url, "sandbox-token", "GROUP/PROJECT/"):
        assert word not in text, word
    assert "| `marker-comments-are-kept`" in text
    assert "left behind: GROUP/PROJECT: 34 items could not be deleted" in text


def test_expectations_are_named_once_and_say_what_confirms_them() -> None:
    names = [each.name for each in EXPECTATIONS] + [each.name for each in ASSUMPTIONS]
    assert len(set(names)) == len(names)
    assert all(each.source and each.step and each.sentence.endswith(".") for each in EXPECTATIONS)
    assert all(each.reason and each.sentence.endswith(".") for each in ASSUMPTIONS)


def test_expectation_that_is_not_met_ends_with_exit_code_4(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "psbot.sandbox.rules.items.enforce_scopes", lambda _world, wanted, _added: list(wanted)
    )
    report = probed(scratch_world())
    assert not_met(report) == ["labels-of-a-scope-exclude-each-other"]
    assert report.exit_code is ExitCode.FINDINGS
    text = render_probe("text", report, NOW)
    assert "labels of the scope: one, two" in " ".join(text.split())
