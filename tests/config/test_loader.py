import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psbot.config.config_file import ConfigFile, ConfigModule, load_config_file
from psbot.config.loader import MODULES, build_process, load_process
from psbot.core.model.process import Process
from psbot.errors import FileProblems, PsbotError
from psbot.parsing.validation import validate
from psbot.parsing.yaml_document import KeyPath, YamlData
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


def test_shipped_process_is_valid_and_complete(process: Process) -> None:
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
        ("blueprint.yml", "{customer}: {sow}", "{client}", "kinds.engagement.title: {client} is not a placeholder for titles; write one of customer"),
        ("blueprint.yml", "state: todo, health: green", "state: todoo", "kinds.engagement-log.seeds.state: labels.yml has no label todoo for state; add it there, or did you mean todo?"),
        ("blueprint.yml", "health: green", "helth: green", "kinds.engagement-log.seeds.helth: labels.yml has no scope for helth; did you mean health?"),
        ("blueprint.yml", "phase: setup", "phase: set-up", "kinds.assign-engineer.phase: set-up is not a phase of workflow.yml; did you mean setup?"),
        ("blueprint.yml", "when_unwanted: done", "when_unwanted: gone", "kinds.assign-engineer.when_unwanted: gone is not a state of workflow.yml; did you mean done?"),
        ("blueprint.yml", "item: kick-off", "item: log", "kinds.kick-off.item: log is already the item of engagement-log"),
        ("blueprint.yml", "place: group", "place: shared", "kinds: exactly one kind must be the epic"),
        ("blueprint.yml", "template: kick-off", "template: ../secret", "kinds.kick-off.template: ../secret is not valid; write the name of a file in issue_templates/"),
        ("blueprint.yml", "due: ends_on +10", "due: opened_on", "kinds.post-mortem.due: opened_on is only for kinds with repeat: on-demand"),
        ("blueprint.yml", "repeat: call", "repeat: calls", "kinds.call.repeat: calls is not a valid value; did you mean call?"),
        ("blueprint.yml", "assignee: lead", "asignee: lead", "kinds.kick-off.asignee: unknown key; did you mean assignee?"),
        ("labels.yml", '"#6699cc"', "blue", 'scopes.kind.color: blue is not valid; write a colour as "#1f75cb"'),
        ("labels.yml", "name: ps-kind", 'name: "ps,kind"', "scopes.kind.name: ps,kind is not valid; write a label scope without commas"),
        ("labels.yml", "      on-hold:", "      onhold:", "phases.8: labels.yml has no label on-hold for phase"),
        ("staleness.yml", "measure: waiting", "measure: wait", "policies.customer-silent.measure: wait is not a valid value; did you mean waiting?"),
        ("staleness.yml", "states: [doing]\n    after: 20", "states: [doing]\n    after: 0", "policies.long-in-work.after: 0 is too small; write at least 1"),
        ("staleness.yml", "says: the due date has passed", "say: late", "policies.overdue.say: unknown key; did you mean says?"),
        ("staleness.yml", "[engagement-log, call, standup, risk]", "[log, call]", "policies.idle.except_kinds.0: log is not a kind of blueprint.yml"),
        ("staleness.yml", "    kinds: [engagement-log]\n", "    kinds: [engagement]\n", "policies.no-weekly-status.kinds.0: engagement is the epic, which has no state; use measure: silence"),
        ("staleness.yml", "kinds: [call]", "kinds: [kick-off]", "policies.call-missed.kinds.0: kick-off is not a recurring kind; use a kind with repeat: call or standup"),
        ("staleness.yml", "    kinds: [call]\n", "", "policies.call-missed.measure: missed is only for recurring kinds; add kinds:"),
        ("staleness.yml", "states: [waiting-customer]", "states: [waiting]", "policies.customer-silent.states.0: waiting is not a state of workflow.yml; did you mean waiting-customer?"),
        ("staleness.yml", "phases: [quote]", "phases: [quotes]", "policies.quote-without-movement.phases.0: quotes is not a phase of workflow.yml; did you mean quote?"),
        ("staleness.yml", "phases: [quote]", "states: [todo]", "policies.quote-without-movement.states: silence measures the whole engagement; delete states"),
        ("staleness.yml", "measure: idle\n    except_kinds", "measure: in-state\n    except_kinds", "policies.idle.in_own_phase: in_own_phase is only for measure: idle"),
        ("workflow.yml", "customer_states: [waiting-customer]", "customer_states: []", "policies.customer-silent.measure: no state means that the customer must act; add customer_states: to workflow.yml"),
        ("staleness.yml", "flag: stale}", "flag: quiet}", "ladder.0.flag: labels.yml has no label quiet for attention; write one of escalated, stale"),
        ("staleness.yml", "flag: stale}", "flag: stale, wait: 2}", "ladder.0.wait: the first escalation step cannot wait; delete wait"),
        ("staleness.yml", "{tell: manager, flag: escalated, wait: 5}", "{tell: manager, flag: escalated}", "ladder.1: this escalation step does not wait, so the step before it has no effect; add wait:"),
        ("staleness.yml", "tell: manager", "tell: boss", "ladder.1.tell: boss is not a valid value; write one of assignee, delivery_lead, manager"),
        ("staleness.yml", "kinds: [], phases: []", "kinds: [], phases: [held]", "exempt.phases.0: held is not a phase of workflow.yml"),
        ("staleness.yml", "notes: 50", "notes: many", "ceilings.notes: many is text, not a whole number"),
        ("workflow.yml", "won_phase: setup", "won_phase: set", "won_phase: set is not one of the phases; did you mean setup?"),
        ("workflow.yml", "[done, skipped]", "[done, left]", "done_states.1: left is not one of the states"),
        ("workflow.yml", "[waiting-customer]     #", "[waiting] #", "customer_states.0: waiting is not one of the states; did you mean waiting-customer?"),
        ("workflow.yml", "[todo, doing,", "[todo, todo,", "states.1: duplicate state todo"),
        ("workflow.yml", "when: [closed-won]", "when: [closed-one]", "transitions.0.when.0: unknown guard closed-one; did you mean closed-won?"),
        ("workflow.yml", "when: [closed-won]", "when: [{closed-won: true}]", "transitions.0.when.0: closed-won takes no argument; write closed-won"),
        ("workflow.yml", "{done: kick-off}", "{done: kickoff}", "transitions.2.when.0.done: kickoff is not a kind of blueprint.yml; did you mean kick-off?"),
        ("workflow.yml", "{done: kick-off}", "{done: 3}", "transitions.2.when.0: done takes a kind, not 3; write {done: kick-off}"),
        ("workflow.yml", "{done: kick-off}", "{done: kick-off, phase: setup}", "transitions.2.when.0: this is not a guard"),
        ("workflow.yml", "{done: kick-off}", "{any: []}", "transitions.2.when.0: any takes a list of guards"),
        ("workflow.yml", "from: kick-off, to: intake", "from: kick-off, to: intakes", "transitions.2.to: intakes is not one of the phases; did you mean intake?"),
        ("workflow.yml", "from: kick-off, to: intake", "from: kickoff, to: intake", "transitions.2.from: kickoff is not one of the phases; did you mean kick-off?"),
        ("workflow.yml", "from: kick-off, to: intake", "from: [kick-off, setups], to: intake", "transitions.2.from.1: setups is not one of the phases; did you mean setup?"),
        ("workflow.yml", "from: kick-off, to: intake", "form: kick-off, to: intake", "transitions.2.form: unknown key; did you mean from?"),
        ("workflow.yml", "from: on-hold, to: back, by: manager", "from: on-hold, to: back, by: customer", "transitions.9.by: customer is not a valid value; write one of manager, people"),
        ("workflow.yml", "to: wrap-up, when: [end-reached], or_by: people", "to: wrap-up, when: [end-reached], by: people", "transitions.4.by: by is only for transitions without guards"),
        ("workflow.yml", "to: wrap-up, when: [end-reached], or_by: people", "to: wrap-up, or_by: people", "transitions.4.or_by: or_by is only for transitions with guards; use by"),
        ("workflow.yml", "to: setup, when: [closed-won]", "to: setup", "transitions.0: the transition has neither guards nor people; add when: or by:"),
        ("workflow.yml", "{from: on-hold, to: back, by: manager}", "{from: completed, to: back, by: manager}", "transitions.9.from: completed is a final phase"),
        ("workflow.yml", "  - {from: kick-off, to: intake, when: [{done: kick-off}]}\n", "", "phases.3: intake cannot be reached from quote; add a transition, or delete the phase"),
        ("workflow.yml", "final_phases: [completed, cancelled]", "final_phases: [completed, cancelled, on-hold]", "transitions.9.from: on-hold is a final phase"),
        ("workflow.yml", "final_phases: [completed, cancelled]", "final_phases: []", "phases.0: quote cannot reach a final phase; name one under final_phases:"),
        ("workflow.yml", "{phase: wrap-up}", "{phase: wrapup}", "gates.sign-off.0.any.0.phase: wrapup is not one of the phases; did you mean wrap-up?"),
        ("workflow.yml", "{milestone-due-within: 10}", "{milestone-due-within: soon}", "gates.sign-off.0: milestone-due-within takes a number of days, not soon; write {milestone-due-within: 10}"),
        ("workflow.yml", "  post-mortem: [{done", "  postmortem: [{done", "gates.postmortem: postmortem is not a kind of blueprint.yml; did you mean post-mortem?"),
        ("workflow.yml", "phase: quote\n", "phase: quotes\n", "alarms.kick-off-without-deal.phase: quotes is not one of the phases; did you mean quote?"),
        ("workflow.yml", "instrument: work-at-risk", "instrument: work-at-risc", "alarms.kick-off-without-deal.unless.0.labelled.instrument: labels.yml has no label work-at-risc for instrument; add it there, or did you mean work-at-risk?"),
        ("workflow.yml", "change: approved", "changes: approved", "alarms.kick-off-without-deal.unless.0.labelled.changes: labels.yml has no scope for changes; did you mean change?"),
        ("workflow.yml", "{sent: sent,", "{sent: send,", "acceptance.sent: labels.yml has no label send for signoff; add it there, or did you mean sent?"),
        ("workflow.yml", "received: received", "received: sent", "acceptance.received: sent is already used for sent; use a different label"),
        ("workflow.yml", "passive_after: 5", "passive_after: 0", "acceptance.passive_after: 0 is too small"),
        ("workflow.yml", "on_illegal: report", "on_illegal: revert", "on_illegal: revert is not a valid value; did you mean"),
        ("changes.yml", "use: new-sow", "use: new-sov", "instruments.0.use: labels.yml has no label new-sov for instrument; add it there, or did you mean new-sow?"),
        ("changes.yml", "when: {situation: overrun}", "when: {situation: overun}", "instruments.2.when.situation: overun is not one of the situations; did you mean overrun?"),
        ("changes.yml", "use: written-confirmation, when: {later: true}", "use: written-confirmation", "instruments.8: it has no conditions, so the instruments after it are never chosen"),
        ("changes.yml", "  - {use: written-confirmation, because: the change stays within duration and budget}\n", "", "instruments.8: the last instrument must have no conditions"),
        ("changes.yml", "when: {months: 2}", "when: {months: 0}", "instruments.6.when.months: 0 is too small"),
        ("changes.yml", "  hours: Hours\n", "  hours: summary\n", "lines.hours: summary is already used for summary"),
        ("changes.yml", "rejected: rejected}", "rejected: approved}", "way.rejected: approved is already used for approved"),
        ("changes.yml", "kind: change-request", "kind: kick-off", "kind: kick-off is not a kind with repeat: on-demand"),
        ("changes.yml", "[delivery_lead]", "[boss]", "approvers.work-at-risk.0: boss is not a valid value; write one of delivery_lead, lead, manager, project_manager"),
        ("changes.yml", "approved: approved", "approved: aproved", "way.approved: labels.yml has no label aproved for change; add it there, or did you mean approved?"),
        ("workflow.yml", "closing_phases: [completed]", "closing_phases: [complete]", "closing_phases.0: complete is not one of the phases; did you mean completed?"),
        ("workflow.yml", "working_state: doing", "working_state: going", "working_state: going is not one of the states; did you mean doing?"),
        ("calendar.yml", "friday]", "frieday]", "weekdays.4: frieday is not a valid value; did you mean friday?"),
        ("limits.yml", "page: 100", "page: 200", "page: 200 is too large; write at most 100"),
        ("accounts.yml", "machine_accounts: []", "machine_accounts: [1]", 'machine_accounts.0: 1 is a number, not text; write "1" in quotes'),
    ],
)  # fmt: skip
def test_process_reports_where_its_files_are_wrong(
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


def test_process_reports_which_file_is_missing(tmp_path: Path) -> None:
    shutil.copytree(CONFIG, tmp_path, dirs_exist_ok=True)
    (tmp_path / "labels.yml").unlink()
    with pytest.raises(PsbotError, match=r"the file .*labels\.yml does not exist"):
        load_process(tmp_path)


def test_process_takes_a_renamed_scope_from_the_catalogue_alone(tmp_path: Path) -> None:
    assert changed(tmp_path, "labels.yml", "name: ps-state", "name: team::step") == []
    process = load_process(tmp_path)
    assert process.catalogue.title("state", "todo") == "team::step::todo"
    assert process.catalogue.value("state", ["team::step::todo", "team::other::x"]) == "todo"


def test_unknown_first_phase_is_refused_at_its_place(tmp_path: Path) -> None:
    (problem,) = changed(tmp_path, "workflow.yml", "quote_phase: quote", "quote_phase: uote")
    lines = (CONFIG / "workflow.yml").read_text().splitlines()
    line = next(at for at, text in enumerate(lines, 1) if text.startswith("quote_phase:"))
    complaint = "quote_phase: uote is not one of the phases; did you mean quote?"
    assert problem == f"workflow.yml:{line}:14: {complaint}"


def replaced(data: YamlData, path: KeyPath, new: YamlData) -> YamlData:
    """Return *data* with *new* at *path*."""
    if not path:
        return new
    first, *rest = path
    if isinstance(data, dict):
        return data | {str(first): replaced(data[str(first)], tuple(rest), new)}
    assert isinstance(data, list)
    assert isinstance(first, int)
    return [*data[:first], replaced(data[first], tuple(rest), new), *data[first + 1 :]]


def value_at(data: YamlData, path: KeyPath) -> YamlData:
    for part in path:
        data = data[part]  # type: ignore[index]
    return data


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.name))
def test_any_single_changed_value_is_read_or_refused_at_its_place(module: ConfigModule[Any]) -> None:
    files = {each.name: load_config_file(CONFIG / f"{each.name}.yml", each.shape) for each in MODULES}
    document = files[module.name].document
    refused = 0
    for index, path in enumerate(sorted(document.values, key=str)):
        value = value_at(document.data, path)
        variants: list[YamlData] = [
            str(value)[1:] or "x",
            None,
            0,
            [],
            {},
            "on-hold",
            [value, value],
            {"a": value},
        ]
        # Every value is changed in two ways; in the file whose keys refer to each other, in four.
        for new in (
            variants[index % 2 :: 2] if module.name == "workflow" else (variants[0], variants[1 + index % 7])
        ):
            result = validate(module.shape, replace(document, data=replaced(document.data, path, new)))
            problems = result.problems
            if result.model is not None:
                try:
                    build_process(files | {module.name: ConfigFile(document, result.model)})
                except FileProblems as error:
                    problems = error.problems
            assert result.model is not None or problems, (path, new)
            assert all(each.line >= 1 and each.column >= 1 and each.message for each in problems)
            refused += bool(problems)
    assert refused


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
