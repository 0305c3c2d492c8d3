import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psbot.config.loader import load_process
from psbot.core.model.process import Process
from psbot.errors import FileProblems, PsbotError
from tests.support.paths import ROOT

CONFIG = ROOT / "config"


def changed(folder: Path, name: str, old: str, new: str) -> list[str]:
    """Return what is said of the shipped configuration in which *old* is *new* in file *name*."""
    shutil.copytree(CONFIG, folder, dirs_exist_ok=True)
    text = (CONFIG / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1))
    try:
        load_process(folder)
    except FileProblems as error:
        return [str(problem).removeprefix(f"{folder}/") for problem in error.problems]
    return []


def test_process_that_ships_is_right_and_complete(process: Process) -> None:
    assert [kind.name for kind in process.kinds.values() if kind.is_epic] == ["engagement"]
    kinds = [kind for kind in process.kinds.values() if not kind.is_epic]
    assert all("state" in kind.seeds for kind in kinds)
    assert {spec.title for spec in process.catalogue.specs()} >= {
        "ps-phase::on-hold",
        "ps-instrument::new-sow",
    }
    assert len(process.catalogue.specs()) == len({spec.title for spec in process.catalogue.specs()})


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        ("blueprint.yml", "kinds:\n", "kinds:\n  party:\n    item: party\n    title: x\n    place: shared\n    template: x\n", "kinds.party: labels.yml has no label party for kind"),
        ("blueprint.yml", "due: kick_off_on +5", "due: kick_of_on +5", "kinds.intake-aws.due: kick_of_on is not a base date; did you mean kick_off_on?"),
        ("blueprint.yml", "due: kick_off_on +5", "due: soon", "kinds.intake-aws.due: soon is not a base date"),
        ("blueprint.yml", "{customer}: {sow}", "{client}", "kinds.engagement.title: {client} is not known in a title; write one of customer"),
        ("blueprint.yml", "state: todo, health: green", "state: todoo", "kinds.engagement-log.seeds.state: labels.yml has no label todoo for state; add it there, or did you mean todo?"),
        ("blueprint.yml", "health: green", "helth: green", "kinds.engagement-log.seeds.helth: labels.yml has no scope for helth; did you mean health?"),
        ("blueprint.yml", "phase: setup", "phase: set-up", "kinds.assign-engineer.phase: set-up is not a phase of workflow.yml; did you mean setup?"),
        ("blueprint.yml", "when_unwanted: done", "when_unwanted: gone", "kinds.assign-engineer.when_unwanted: gone is not a state of workflow.yml; did you mean done?"),
        ("blueprint.yml", "item: kick-off", "item: log", "kinds.kick-off.item: log is the item of engagement-log already"),
        ("blueprint.yml", "place: group", "place: shared", "kinds: exactly one kind is the epic"),
        ("blueprint.yml", "template: kick-off", "template: ../secret", "kinds.kick-off.template: ../secret does not fit; write the name of a file in issue_templates/"),
        ("blueprint.yml", "due: ends_on +10", "due: opened_on", "kinds.post-mortem.due: opened_on is for kinds with repeat: on-demand"),
        ("blueprint.yml", "repeat: call", "repeat: calls", "kinds.call.repeat: calls is not a choice; did you mean call?"),
        ("blueprint.yml", "assignee: lead", "asignee: lead", "kinds.kick-off.asignee: there is no such key; did you mean assignee?"),
        ("labels.yml", '"#6699cc"', "blue", 'scopes.kind.color: blue does not fit; write a colour as "#1f75cb"'),
        ("labels.yml", "name: ps-kind", 'name: "ps,kind"', "scopes.kind.name: ps,kind does not fit; write a label scope without commas"),
        ("labels.yml", "      on-hold:", "      onhold:", "phases.8: labels.yml has no label on-hold for phase"),
        ("staleness.yml", "measure: waiting", "measure: wait", "policies.customer-silent.measure: wait is not a choice; did you mean waiting?"),
        ("staleness.yml", "states: [doing]\n    after: 20", "states: [doing]\n    after: 0", "policies.long-in-work.after: 0 is too small; write at least 1"),
        ("staleness.yml", "says: the due date has passed", "say: late", "policies.overdue.say: there is no such key; did you mean says?"),
        ("staleness.yml", "[engagement-log, call, standup, risk]", "[log, call]", "policies.idle.except_kinds.0: log is not a kind of blueprint.yml"),
        ("staleness.yml", "    kinds: [engagement-log]\n", "    kinds: [engagement]\n", "policies.no-weekly-status.kinds.0: engagement is the epic, which has no state; use measure: silence"),
        ("staleness.yml", "kinds: [call]", "kinds: [kick-off]", "policies.call-missed.kinds.0: kick-off does not occur again and again; name a kind with repeat: call or standup"),
        ("staleness.yml", "    kinds: [call]\n", "", "policies.call-missed.measure: missed is about kinds that occur again and again; add kinds:"),
        ("staleness.yml", "states: [waiting-customer]", "states: [waiting]", "policies.customer-silent.states.0: waiting is not a state of workflow.yml; did you mean waiting-customer?"),
        ("staleness.yml", "phases: [quote]", "phases: [quotes]", "policies.quote-without-movement.phases.0: quotes is not a phase of workflow.yml; did you mean quote?"),
        ("staleness.yml", "phases: [quote]", "states: [todo]", "policies.quote-without-movement.states: silence is about the whole engagement; delete states"),
        ("staleness.yml", "measure: idle\n    except_kinds", "measure: in-state\n    except_kinds", "policies.idle.in_own_phase: in_own_phase is for measure: idle"),
        ("workflow.yml", "customer_states: [waiting-customer]", "customer_states: []", "policies.customer-silent.measure: no state says that the customer has the move; add customer_states: to workflow.yml"),
        ("staleness.yml", "flag: stale}", "flag: quiet}", "ladder.0.flag: labels.yml has no label quiet for attention; write one of escalated, stale"),
        ("staleness.yml", "flag: stale}", "flag: stale, wait: 2}", "ladder.0.wait: the first rung waits for nothing; delete wait"),
        ("staleness.yml", "{tell: manager, flag: escalated, wait: 5}", "{tell: manager, flag: escalated}", "ladder.1: this rung waits for nothing, so the one before it has no time; add wait:"),
        ("staleness.yml", "tell: manager", "tell: boss", "ladder.1.tell: boss is not a choice; write one of assignee, delivery_lead, manager"),
        ("staleness.yml", "kinds: [], phases: []", "kinds: [], phases: [held]", "exempt.phases.0: held is not a phase of workflow.yml"),
        ("staleness.yml", "notes: 50", "notes: many", "ceilings.notes: many is text, not a whole number"),
        ("workflow.yml", "won_phase: setup", "won_phase: set", "won_phase: set is not among them; did you mean setup?"),
        ("workflow.yml", "[done, skipped]", "[done, left]", "done_states.1: left is not among them"),
        ("workflow.yml", "[waiting-customer]     #", "[waiting] #", "customer_states.0: waiting is not among them; did you mean waiting-customer?"),
        ("workflow.yml", "[todo, doing,", "[todo, todo,", "states.1: todo is there twice"),
        ("workflow.yml", "when: [closed-won]", "when: [closed-one]", "transitions.0.when.0: there is no guard closed-one; did you mean closed-won?"),
        ("workflow.yml", "when: [closed-won]", "when: [{closed-won: true}]", "transitions.0.when.0: closed-won takes no argument; write closed-won"),
        ("workflow.yml", "{done: kick-off}", "{done: kickoff}", "transitions.2.when.0.done: kickoff is not a kind of blueprint.yml; did you mean kick-off?"),
        ("workflow.yml", "{done: kick-off}", "{done: 3}", "transitions.2.when.0: done is about kind, not 3; write {done: kick-off}"),
        ("workflow.yml", "{done: kick-off}", "{done: kick-off, phase: setup}", "transitions.2.when.0: this is not a guard"),
        ("workflow.yml", "{done: kick-off}", "{any: []}", "transitions.2.when.0: any is for a list of guards"),
        ("workflow.yml", "from: kick-off, to: intake", "from: kick-off, to: intakes", "transitions.2.to: intakes is not one of the phases; did you mean intake?"),
        ("workflow.yml", "from: kick-off, to: intake", "from: kickoff, to: intake", "transitions.2.from: kickoff is not one of the phases; did you mean kick-off?"),
        ("workflow.yml", "from: kick-off, to: intake", "from: [kick-off, setups], to: intake", "transitions.2.from.1: setups is not one of the phases; did you mean setup?"),
        ("workflow.yml", "from: kick-off, to: intake", "form: kick-off, to: intake", "transitions.2.form: there is no such key; did you mean from?"),
        ("workflow.yml", "from: on-hold, to: back, by: manager", "from: on-hold, to: back, by: customer", "transitions.9.by: customer is not a choice; write one of manager, people"),
        ("workflow.yml", "to: wrap-up, when: [end-reached], or_by: people", "to: wrap-up, when: [end-reached], by: people", "transitions.4.by: by is for a transition without guards"),
        ("workflow.yml", "to: wrap-up, when: [end-reached], or_by: people", "to: wrap-up, or_by: people", "transitions.4.or_by: there are no guards to come before; write by"),
        ("workflow.yml", "to: setup, when: [closed-won]", "to: setup", "transitions.0: nothing says when or by whom; add when: or by:"),
        ("workflow.yml", "{from: on-hold, to: back, by: manager}", "{from: completed, to: back, by: manager}", "transitions.9.from: completed is an end"),
        ("workflow.yml", "  - {from: kick-off, to: intake, when: [{done: kick-off}]}\n", "", "phases.3: no transition leads to intake from quote; add one, or delete the phase"),
        ("workflow.yml", "final_phases: [completed, cancelled]", "final_phases: [completed, cancelled, on-hold]", "transitions.9.from: on-hold is an end"),
        ("workflow.yml", "final_phases: [completed, cancelled]", "final_phases: []", "phases.0: no transition leads from quote to an end; lead it to final_phases, which is empty"),
        ("workflow.yml", "{phase: wrap-up}", "{phase: wrapup}", "gates.sign-off.0.any.0.phase: wrapup is not one of the phases; did you mean wrap-up?"),
        ("workflow.yml", "{milestone-due-within: 10}", "{milestone-due-within: soon}", "gates.sign-off.0: milestone-due-within is about days, not soon; write {milestone-due-within: 10}"),
        ("workflow.yml", "  post-mortem: [{done", "  postmortem: [{done", "gates.postmortem: postmortem is not a kind of blueprint.yml; did you mean post-mortem?"),
        ("workflow.yml", "phase: quote\n", "phase: quotes\n", "alarms.kick-off-without-deal.phase: quotes is not one of the phases; did you mean quote?"),
        ("workflow.yml", "instrument: work-at-risk", "instrument: work-at-risc", "alarms.kick-off-without-deal.unless.0.labelled.instrument: labels.yml has no label work-at-risc for instrument; did you mean work-at-risk?"),
        ("workflow.yml", "change: approved", "changes: approved", "alarms.kick-off-without-deal.unless.0.labelled.changes: labels.yml has no scope for changes; did you mean change?"),
        ("workflow.yml", "{sent: sent,", "{sent: send,", "acceptance.sent: labels.yml has no label send for signoff; did you mean sent?"),
        ("workflow.yml", "received: received", "received: sent", "acceptance.received: sent is sent already; give it a label of its own"),
        ("workflow.yml", "passive_after: 5", "passive_after: 0", "acceptance.passive_after: 0 is too small"),
        ("workflow.yml", "on_illegal: report", "on_illegal: revert", "on_illegal: revert is not a choice; did you mean"),
        ("changes.yml", "use: new-sow", "use: new-sov", "instruments.0.use: labels.yml has no label new-sov for instrument; did you mean new-sow?"),
        ("changes.yml", "when: {situation: overrun}", "when: {situation: overun}", "instruments.2.when.situation: overun is not one of the situations; did you mean overrun?"),
        ("changes.yml", "use: written-confirmation, when: {later: true}", "use: written-confirmation", "instruments.8: it takes all that is left, so those after it are never chosen"),
        ("changes.yml", "  - {use: written-confirmation, because: the change stays within duration and budget}\n", "", "instruments.8: the last instrument has to take what is left"),
        ("changes.yml", "when: {months: 2}", "when: {months: 0}", "instruments.6.when.months: 0 is too small"),
        ("changes.yml", "  hours: Hours\n", "  hours: summary\n", "lines.hours: summary is summary already"),
        ("changes.yml", "rejected: rejected}", "rejected: approved}", "way.rejected: approved is approved already"),
        ("changes.yml", "kind: change-request", "kind: kick-off", "kind: kick-off is not a kind with repeat: on-demand"),
        ("changes.yml", "[delivery_lead]", "[boss]", "approvers.work-at-risk.0: boss is not a choice; write one of delivery_lead, lead, manager, project_manager"),
        ("changes.yml", "approved: approved", "approved: aproved", "way.approved: labels.yml has no label aproved for change; did you mean approved?"),
        ("workflow.yml", "closing_phases: [completed]", "closing_phases: [complete]", "closing_phases.0: complete is not among them; did you mean completed?"),
        ("workflow.yml", "working_state: doing", "working_state: going", "working_state: going is not among them; did you mean doing?"),
        ("calendar.yml", "friday]", "frieday]", "weekdays.4: frieday is not a choice; did you mean friday?"),
        ("limits.yml", "page: 100", "page: 200", "page: 200 is too large; write at most 100"),
        ("accounts.yml", "machine_accounts: []", "machine_accounts: [1]", 'machine_accounts.0: 1 is a number, not text; write "1" in quotes'),
    ],
)  # fmt: skip
def test_process_says_where_its_files_are_wrong(
    name: str, old: str, new: str, complaint: str, tmp_path: Path
) -> None:
    found = changed(tmp_path, name, old, new)
    assert any(f": {complaint}" in each for each in found), found


def test_process_names_the_line_of_a_guard_that_is_not_known(tmp_path: Path) -> None:
    (problem,) = changed(tmp_path, "workflow.yml", "engineer-named]", "engineer-namd]")
    lines = (CONFIG / "workflow.yml").read_text().splitlines()
    line = next(at for at, text in enumerate(lines, 1) if "engineer-named]" in text)
    column = lines[line - 1].index("engineer-named") + 1
    assert problem.startswith(f"workflow.yml:{line}:{column}: transitions.1.when.1: ")


def test_transition_from_anywhere_leaves_every_phase_but_an_end(process: Process) -> None:
    (rule,) = (each for each in process.workflow.rules.transitions if each.to == "on-hold")
    assert set(process.workflow.phases) - set(rule.sources) == {"completed", "cancelled", "on-hold"}


def test_process_says_which_file_is_missing(tmp_path: Path) -> None:
    shutil.copytree(CONFIG, tmp_path, dirs_exist_ok=True)
    (tmp_path / "labels.yml").unlink()
    with pytest.raises(PsbotError, match=r"there is no file .*labels\.yml"):
        load_process(tmp_path)


def test_process_takes_a_renamed_scope_from_the_catalogue_alone(tmp_path: Path) -> None:
    assert changed(tmp_path, "labels.yml", "name: ps-state", "name: team::step") == []
    process = load_process(tmp_path)
    assert process.catalogue.title("state", "todo") == "team::step::todo"
    assert process.catalogue.value("state", ["team::step::todo", "team::other::x"]) == "todo"


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_process_reader_never_crashes_when_lines_are_lost_or_doubled(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("config")
    shutil.copytree(CONFIG, folder, dirs_exist_ok=True)
    file = data.draw(st.sampled_from(sorted(folder.glob("*.yml"))))
    lines = file.read_text().splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at : at + 1] = data.draw(st.sampled_from([[], [lines[at]] * 2, ["  x: [1, 2"], [lines[at][:-1]]]))
    file.write_text("\n".join(lines))
    try:
        load_process(folder)
    except PsbotError as error:
        assert str(folder) in str(error)
