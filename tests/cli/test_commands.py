"""The command line as people and pipelines meet it."""

import email
import email.policy
import json
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from psbot.cli import main
from psbot.report.plan_json import PLAN_SCHEMA
from tests.support.paths import ROOT

AWS = str(ROOT / "examples" / "acme-aws.yml")
NOW = ("--now", "2026-11-23T09:00+01:00")


def psbot(*arguments: object, stdin: str | None = None, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)), input=stdin, env=env, prog_name="psbot")


def test_validate_prints_ok_for_the_examples_and_warns_on_stderr() -> None:
    result = psbot(*NOW, "validate", *sorted((ROOT / "examples").glob("*.yml")))
    assert result.exit_code == 0
    assert [line.rpartition(": ")[2] for line in result.stdout.splitlines()] == ["ok"] * 4
    assert (
        "initech-minimal.yml:18:3: warning: people: No engineer is named, although the deal is Closed Won"
        in result.stderr
    )


@pytest.mark.parametrize(
    ("name", "old", "new", "line", "complaint"),
    [
        ("calendar.yml", "horizon_days: 14", "horizon_days: x", "", "x is text, not a whole number"),
        ("questions.yml", "id: users", "id: licence_tier", "", "duplicate id licence_tier"),
        (
            "blueprint.yml",
            "phase: quote",
            "phase: qoute",
            "skip: {welcome-email: no need}",
            "qoute is not a phase",
        ),
    ],
)
def test_validate_reports_once_what_is_wrong_in_a_config_file_that_an_engagement_needs(
    tmp_path: Path, name: str, old: str, new: str, line: str, complaint: str
) -> None:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    text = (ROOT / "config" / name).read_text()
    assert old in text
    (tmp_path / "config" / name).write_text(text.replace(old, new, 1))
    engagement = tmp_path / "engagement.yml"
    engagement.write_text(f"{Path(AWS).read_text()}{line}\n")
    result = psbot("--config-dir", tmp_path / "config", "validate", engagement, engagement, AWS)
    assert (result.exit_code, result.stdout) == (2, "")
    (said,) = result.stderr.splitlines()
    assert said.startswith(f"{tmp_path / 'config' / name}:")
    assert complaint in said


def test_validate_imports_nothing_that_it_does_not_need() -> None:
    unused = {"dateutil.parser", "email", "gitlab", "holidays.countries", "importlib.metadata", "jinja2", "json", "psbot.core.plan.plan",
              "psbot.config.loader", "requests", "rich", "zipfile"}  # fmt: skip
    program = "import sys\nfrom psbot.cli import main\ntry: main()\nfinally: print(*sys.modules, sep='\\n', file=sys.stderr)"
    command = [sys.executable, "-c", program, "validate", AWS]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"{AWS}: ok\n"
    assert unused.isdisjoint(done.stderr.splitlines())


def test_validate_exits_with_2_and_reports_all_errors_of_all_files(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yml"
    bad.write_text("engagement: x\nhosting: asw\n")
    result = psbot("validate", bad, AWS, tmp_path / "missing.yml")
    assert result.exit_code == 2
    assert f"{bad}:2:10: hosting: asw is not a valid value; did you mean aws?" in result.stderr
    assert f"psbot: the file {tmp_path / 'missing.yml'} does not exist" in result.stderr
    assert f"{AWS}: ok" in result.stdout
    assert "Traceback" not in result.output


def test_validate_reports_to_gitlab_one_case_a_file_with_all_its_problems(tmp_path: Path) -> None:
    bad, gone, told = tmp_path / "bad.yml", tmp_path / "gone.yml", tmp_path / "report.xml"
    bad.write_text("engagement: x\nhosting: asw\n")
    result = psbot("validate", "--junit", told, bad, AWS, gone)
    assert (result.exit_code, result.stdout) == (2, f"{AWS}: ok\n")
    (suite,) = ElementTree.fromstring(told.read_text())
    assert [suite.get(each) for each in ("tests", "failures", "errors", "skipped")] == ["3", "2", "0", "0"]
    failures = {case.get("name"): case.findtext("failure") for case in suite}
    assert failures[AWS] is None
    assert f"the file {gone} does not exist; check its name" in (failures[str(gone)] or "")
    lines = (failures[str(bad)] or "").splitlines()
    assert f"{bad}:2:10: hosting: asw is not a valid value; did you mean aws?" in lines
    assert lines == [line for line in result.stderr.splitlines() if line.startswith(f"{bad}:")]
    printed = psbot("validate", "--format", "junit", bad, AWS, gone)
    assert (printed.exit_code, printed.stdout) == (2, told.read_text())
    nowhere = psbot("validate", "--junit", tmp_path / "no" / "report.xml", AWS)
    assert (nowhere.exit_code, "cannot be written" in nowhere.stderr) == (2, True)


def test_report_does_not_follow_a_link_that_a_branch_has_brought(tmp_path: Path) -> None:
    precious, link = tmp_path / "precious", tmp_path / "report.xml"
    precious.write_text("keep")
    link.symlink_to(precious)
    assert psbot("validate", "--junit", link, AWS).exit_code == 0
    assert precious.read_text() == "keep"
    assert "<testcase" in link.read_text()


def test_report_of_validate_is_xml_whatever_a_file_is_called_and_has_in_it(tmp_path: Path) -> None:
    bad = tmp_path / 'a"<b>&\ufffe\x1b[31m.yml'
    bad.write_text("hosting: ']]><failure>\\u202e'\n")
    result = psbot("validate", "--format", "junit", bad)
    (suite,) = ElementTree.fromstring(result.stdout)
    (case,) = suite
    assert [each.tag for each in case] == ["failure"]
    assert "\x1b" not in result.stdout


def test_commands_take_the_engagements_folder_when_no_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    empty = psbot("validate")
    assert (empty.exit_code, "create one with psbot new" in empty.stderr) == (2, True)
    folder = tmp_path / "engagements" / "2026"
    folder.mkdir(parents=True)
    (folder / "acme.yml").write_text(Path(AWS).read_text())
    assert psbot("validate").stdout == "engagements/2026/acme.yml: ok\n"


def test_plan_as_json_keeps_its_schema_and_its_order() -> None:
    result = psbot(*NOW, "plan", "--offline", "--format", "json", *sorted((ROOT / "examples").glob("*.yml")))
    plan = json.loads(result.stdout)
    Draft202012Validator(PLAN_SCHEMA).validate(plan)
    for engagement in plan["engagements"]:
        keys = [(each["marker"] or "", each["op"]) for each in engagement["operations"]]
        assert keys == sorted(keys)
    assert plan["summary"] == {"create": 41, "update": 0, "close": 0}
    assert plan["cost"]["creations"] == 41


def test_plan_fits_80_columns_and_shows_dates_people_and_notifications() -> None:
    result = psbot(*NOW, "plan", "--offline", AWS, env={"COLUMNS": "80"})
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= 80
    for word in (
        "welcome-email",
        "2026-11-19",
        "maria",
        "60 labels",
        "GitLab will notify maria (5), paul (6)",
        "12 to create",
    ):
        assert word in result.stdout
    assert "\x1b" not in result.stdout


def test_plan_as_markdown_is_a_table_with_inert_words(tmp_path: Path) -> None:
    file = tmp_path / "acme.yml"
    file.write_text(Path(AWS).read_text().replace("Acme Corp", "'@all | <b>/close'"))
    result = psbot(*NOW, "plan", "--offline", "--format", "markdown", file)
    assert "| create | `kick-off` | 2026-12-01 | paul |" in result.stdout
    assert not re.search(r"(?<!\\)@all", result.stdout)
    assert "<b>" not in result.stdout


@pytest.mark.parametrize(("arguments", "code"), [((), 0), (("--exit-code",), 4)])
def test_plan_exits_with_4_only_when_asked(arguments: tuple[str, ...], code: int) -> None:
    assert psbot(*NOW, "plan", "--offline", *arguments, AWS).exit_code == code


def test_invalid_file_stops_only_its_engagement(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yml"
    bad.write_text("nonsense: 1\n")
    result = psbot(*NOW, "plan", "--offline", bad, AWS)
    assert result.exit_code == 2
    assert "Kick-off: Acme Corp" in result.stdout


def test_schema_is_what_editors_read() -> None:
    for arguments in ((), ("--plan",)):
        Draft202012Validator.check_schema(json.loads(psbot("schema", *arguments).stdout))


def test_new_asks_again_when_an_answer_is_wrong_and_writes_a_file_that_validates(tmp_path: Path) -> None:
    answers = [
        "",
        "asw",
        "aws",
        "",
        "120",
        "",
        "2026-12-01",
        "2026-11-01",
        "2027-01-29",
        "Europe/Berlin",
        "DE-BY",
    ]
    answers += [
        "services/acme",
        "",
        "",
        "perhaps",
        "no",
        "maria",
        "paul, petra",
        "week sunday 10:00",
        "week tuesday 10:00 45",
        "day 09:15",
    ]
    file = tmp_path / "acme.yml"
    result = psbot(
        *NOW,
        "new",
        "--customer",
        'Acme: "& Co"',
        "--sow",
        "no",
        "--out",
        file,
        stdin="\n".join(answers) + "\n",
    )
    assert result.exit_code == 0, result.output
    assert "asw is not a valid value; did you mean aws?" in result.stderr
    assert "2026-11-01 is before the kick-off on 2026-12-01" in result.stderr
    assert "sunday is not a business day" in result.stderr
    assert "perhaps is text, not true or false" in result.stderr
    assert "  shared_with_customer: false\n" in file.read_text()
    assert psbot(*NOW, "validate", file).stdout == f"{file}: ok\n"
    again = psbot(
        *NOW, "new", "--customer", "A", "--sow", "1", "--out", file, stdin="\n".join(answers) + "\n"
    )
    assert (again.exit_code, "already exists" in again.stderr) == (2, True)


def test_new_takes_every_answer_as_an_option(tmp_path: Path) -> None:
    file = tmp_path / "acme.yml"
    given = {
        "customer": "Acme", "sow": "S-1", "engagement": "acme-1", "hosting": "on-prem", "contract": "fixed-fee", "budget-hours": "80.5",
        "closed-won-on": "2026-11-20", "kick-off-on": "2026-12-01", "ends-on": "2027-01-29", "time-zone": "UTC", "holidays": "DE,AT-9", "group": "a/b",
        "project": "a/b/c", "internal-project": "a/b/d", "shared-with-customer": "yes", "manager": "maria", "engineers": "paul", "calls": "two-weeks friday 09:30 60", "standups": "none",
    }  # fmt: skip
    options = [part for name, value in given.items() for part in (f"--{name}", value)]
    assert psbot(*NOW, "new", *options, "--out", file).exit_code == 0
    assert psbot(*NOW, "validate", file).exit_code == 0


def test_new_reports_which_answer_is_missing_at_the_end_of_input(tmp_path: Path) -> None:
    result = psbot("new", "--out", tmp_path / "x.yml", stdin="Acme\n")
    assert result.exit_code == 2
    assert "no answer to: Number of the statement of work; use --sow" in result.stderr
    wrong = psbot(
        "new", "--customer", "Acme", "--sow", "1", "--engagement", "A!", "--out", tmp_path / "x.yml"
    )
    assert "--engagement: A! is not valid" in wrong.stderr


def test_render_prints_the_words_of_any_kind_or_item() -> None:
    assert "## Agenda" in psbot(*NOW, "render", "kick-off", AWS).stdout
    assert "Our call on 2026-12-15" in psbot(*NOW, "render", "call/2026-12-15", AWS).stdout
    unknown = psbot(*NOW, "render", "kickoff", AWS)
    assert (unknown.exit_code, unknown.stderr) == (
        2,
        "psbot: unknown kind kickoff; did you mean kick-off?\n",
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [((), "Thank you for choosing GitLab"), (("--existing-customer",), "work with you again")],
)
def test_welcome_mail_is_a_mail_for_its_owner_alone(
    arguments: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    file = tmp_path / "welcome.eml"
    result = psbot(
        *NOW,
        "render",
        "welcome-email",
        AWS,
        "--eml",
        "--cc",
        "team@ours.example",
        "--manager-name",
        "María M",
        *arguments,
        "--out",
        file,
    )
    assert result.exit_code == 0, result.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert message["To"] == "Ada Lovelace <ada@acme.example>"
    assert message["Cc"] == "team@ours.example"
    body = message.get_body().get_content().replace("\r\n", "\n")  # type: ignore[union-attr]
    for phrase in (
        words,
        "champion",
        "administrators",
        "technical contact",
        "stakeholders",
        "María M\nManager, Professional Services",
    ):
        assert phrase in body
    assert "ada@acme.example" not in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("render", "call", AWS, "--eml"),
        ("render", "welcome-email", AWS, "--eml", "--cc", "no address\nBcc: x@y.example"),
        ("render", "kick-off", AWS, "--out", "/nowhere/at/all"),
        ("render", "../kick-off", AWS),
        ("--config-dir", "/nowhere", "validate", AWS),
        ("--templates-dir", "/nowhere", "render", "kick-off", AWS),
        ("--now", "yesterday", "validate", AWS),
        ("validate", "/"),
        ("validate", "a\x1b[31m.yml"),
        ("plan", AWS, "--format", "xml"),
        ("nonsense",),
    ],
)
def test_wrong_call_is_a_sentence_and_exit_code_2(arguments: tuple[str, ...]) -> None:
    result = psbot(*arguments)
    assert result.exit_code == 2
    assert result.stderr
    assert "Traceback" not in result.output
    assert "\x1b" not in result.output


def test_bug_is_a_traceback_and_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("psbot.engagements.loader.load_portfolio", lambda *_: 1 / 0)
    result = psbot("validate", AWS)
    assert result.exit_code == 1
    assert isinstance(result.exception, ZeroDivisionError)


def test_override_replaces_the_whole_folder_and_the_current_directory_never_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").mkdir()
    monkeypatch.chdir(tmp_path)
    assert psbot("validate", AWS).exit_code == 0
    assert psbot("validate", AWS, env={"PSBOT_CONFIG_DIR": str(tmp_path / "config")}).exit_code == 2


def test_names_with_control_characters_never_reach_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "acme.yml"
    file.write_text(Path(AWS).read_text().replace("Acme Corp", r'"A\e[31m\u202eB"'))
    for form in ("text", "markdown"):
        output = psbot(*NOW, "plan", "--offline", "--format", form, file).output
        assert "\x1b" not in output
        assert "\u202e" not in output
