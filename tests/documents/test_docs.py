"""What is written down is true: generated pages are up to date, and the README shows what psbot does."""

import re
from collections.abc import Iterator

import click
import pytest
import yaml
from click.testing import CliRunner

from docs.generate import FOLDER, LABEL_EVENTS, PROBE, PURPOSES, REST, SETTINGS, commands, documents
from psbot.cli import main
from psbot.core.model.process import Process
from psbot.doctor.permissions import REQUIREMENTS
from psbot.engagements.loader import parse_engagement
from psbot.errors import ExitCode
from psbot.gitlab.account_queries import TOKEN_PATH
from psbot.gitlab.documents import every_document
from tests.support.paths import ROOT

README = (ROOT / "README.md").read_text()
# A command is a module of psbot/cli/commands/.
COMMANDS = sorted(
    file.stem.replace("_", "-") for file in (ROOT / "psbot" / "cli" / "commands").glob("[a-z]*.py")
)


def blocks(language: str, page: str = README) -> list[str]:
    """The fenced blocks of *page* in *language*."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def options() -> Iterator[tuple[str, click.Option]]:
    for name, command in commands(main, "psbot"):
        for parameter in command.params:
            if isinstance(parameter, click.Option) and parameter.opts != ["--version"]:
                yield name, parameter


@pytest.mark.parametrize("name", documents())
def test_generated_page_is_what_make_docs_writes(name: str) -> None:
    assert (FOLDER / name).read_text() == documents()[name], "run make docs"


def test_every_command_is_documented_under_a_heading_of_its_own() -> None:
    headings = re.findall(r"^## psbot (.+)$", (FOLDER / "cli.md").read_text(), re.MULTILINE)
    assert sorted({each.split()[0] for each in headings}) == COMMANDS
    assert headings == [name.removeprefix("psbot ") for name, _ in commands(main, "psbot") if name != "psbot"]


def test_every_option_has_help() -> None:
    assert [(name, option.opts) for name, option in options() if not option.help] == []


def test_every_option_has_the_environment_variable_that_its_name_promises() -> None:
    page = (FOLDER / "cli.md").read_text()
    for name, option in options():
        (flag,) = (each for each in option.opts if each.startswith("--"))
        promised = "PSBOT_" + flag.removeprefix("--").replace("-", "_").upper()
        assert (name, flag, option.envvar) == (name, flag, promised)
        assert f"| `{flag}` | `{promised}` |" in page


def test_label_page_names_every_label_of_the_catalogue_with_its_meaning() -> None:
    page = (FOLDER / "labels.md").read_text()
    scopes = yaml.safe_load((ROOT / "config" / "labels.yml").read_text())["scopes"].values()
    rows = [
        f"| `{scope['name']}::{value}` | {label['description'] if isinstance(label, dict) else label} | "
        for scope in scopes
        for value, label in scope["labels"].items()
    ]
    assert len(rows) == page.count("\n| `")
    assert [row for row in rows if row not in page] == []


def test_workflow_page_draws_every_transition_that_the_file_declares() -> None:
    page = (FOLDER / "workflow.md").read_text()
    declared = yaml.safe_load((ROOT / "config" / "workflow.yml").read_text())
    drawn = set(re.findall(r"^    phase_(\w+) --> phase_(\w+): .", page, re.MULTILINE))
    names = {"*": "any phase except final phases", "back": "the previous phase"}
    for each in declared["transitions"]:
        ends = (names.get(each[end], each[end]) for end in ("from", "to"))
        source, target = (re.sub(r"\W", "_", end) for end in ends)
        assert (source, target) in drawn
    assert len(drawn) == len(declared["transitions"])
    assert [kind for kind in declared["gates"] if f"\n| `{kind}` | " not in page] == []
    assert [code for code in declared["alarms"] if f"\n| `{code}` | " not in page] == []


def test_endpoints_page_names_every_document_that_is_sent_and_no_other() -> None:
    page = (FOLDER / "endpoints.md").read_text()
    sent = [re.findall(r"^(query|mutation) (\w+)", text) for text in every_document()]
    named = re.findall(r"^\| `(\w+)` \| (query|mutation) \|", page, re.MULTILINE)
    assert [[(kind, name)] for name, kind in named] == sent
    assert sorted(PURPOSES) == sorted({name for ((_, name),) in sent})


def test_every_command_that_asks_gitlab_has_its_scope_and_role_on_the_endpoints_page() -> None:
    folder = ROOT / "psbot" / "cli" / "commands"
    asking = [
        name
        for name in COMMANDS
        if re.search(
            r"session\(app|cli\.preview|cli\.write|cli\.record |cli\.stale_run",
            (folder / f"{name.replace('-', '_')}.py").read_text(),
        )
    ]
    assert sorted(REQUIREMENTS) == asking


def test_product_asks_gitlab_in_one_place_and_at_the_addresses_that_are_listed() -> None:
    product = [file for file in (ROOT / "psbot").rglob("*.py") if "sandbox" not in file.parts]
    calls = [
        call
        for file in product
        for call in re.findall(
            r"\.(?:http_(?:get|post|put|patch|delete|list|request)|(?:auth|version)\()", file.read_text()
        )
    ]
    assert sorted(calls) == [".http_get", ".http_post", *[".http_request"] * 3]
    assert f"GET /api/v4{TOKEN_PATH}" in (FOLDER / "endpoints.md").read_text()
    assert 'f"{self.url}/api/graphql"' in (ROOT / "psbot" / "gitlab" / "connection.py").read_text()


def test_every_rest_request_on_the_endpoints_page_is_one_that_gitlab_documents() -> None:
    contract = ROOT.parent / "shared" / "gitlab-api" / "endpoints.tsv"
    if not contract.exists():
        pytest.skip("the index of GitLab's endpoints is not at hand")

    def shape(path: str) -> str:
        return re.sub(r":[a-z_]+|{[a-z_]+}", ":x", path)

    known = {
        (method, shape(path))
        for method, path, *_ in (
            line.split("\t") for line in contract.read_text(encoding="utf-8").splitlines()
        )
    }
    named = re.findall(r"`(GET|POST|PUT|DELETE) (/api/v4/\S+)`", (FOLDER / "endpoints.md").read_text())
    assert len(named) == len(REST) + len(SETTINGS) + len(PROBE) + len(LABEL_EVENTS) + 1
    assert [each for each in named if (each[0], shape(each[1])) not in known] == []


def test_readme_shows_the_plan_that_psbot_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (sample,) = blocks("text")
    (command,) = re.findall(r"^\.venv/bin/psbot (.*)$", "".join(blocks("sh")), re.MULTILINE)
    assert "On 2026-11-23, psbot prints:" in README
    monkeypatch.setenv("COLUMNS", "100")  # the plan is laid out for the terminal it is read in
    result = CliRunner().invoke(main, ["--now", "2026-11-23T09:00+01:00", *command.split()])
    assert (result.exit_code, result.stdout) == (0, sample)


def test_readme_lists_the_commands_that_exist() -> None:
    assert sorted(re.findall(r"^\| `psbot ([a-z-]+)", README, re.MULTILINE)) == COMMANDS


def test_command_line_page_lists_the_exit_codes_that_exist() -> None:
    page = (FOLDER / "cli.md").read_text()
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)] == list(ExitCode)


def test_engagement_file_page_shows_the_required_keys_of_a_file_that_validates(process: Process) -> None:
    (text,) = blocks("yaml", (FOLDER / "engagement-file.md").read_text())
    assert parse_engagement("engagement.yml", text, process).error is None
    for line in text.splitlines():
        if "closed_won_on" not in line:
            without = text.replace(f"{line}\n", "")
            assert parse_engagement("engagement.yml", without, process).error is not None, line


def test_customise_page_lists_every_file_of_config() -> None:
    listed = re.findall(r"^\| \[config/(\w+\.yml)\]", (FOLDER / "customise.md").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(file.name for file in (ROOT / "config").iterdir())
