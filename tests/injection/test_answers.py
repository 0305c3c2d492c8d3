"""GitLab's answers, damaged in every way: psbot ends with a sentence or with what is true, never with a traceback."""

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import responses
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from psbot.apply.apply import WriteTools
from psbot.core.desired.build import build_desired
from psbot.core.model.engagement import Engagement
from psbot.core.model.item import Snapshot
from psbot.core.model.process import Limits, Process
from psbot.core.plan.plan import build_plan
from psbot.core.text.escape import replace_control_characters
from psbot.doctor.examine import DoctorInput, examine
from psbot.doctor.labels import check_labels
from psbot.engagements.loader import parse_engagement
from psbot.errors import PsbotError
from psbot.gitlab.connection import Connection
from psbot.gitlab.reader import GitLabReader
from psbot.gitlab.server import Server
from psbot.gitlab.wait_budget import WaitBudget
from psbot.gitlab.writer import GitLabWriter
from psbot.observe.visibility import outside_readers
from psbot.report import apply, checks, plan, status
from psbot.report.apply_rows import FileResult
from psbot.report.plan_rows import FilePlan
from psbot.runs.portfolio import plan_apply_many
from psbot.runs.reconcile import reconcile
from psbot.runs.status import status_many
from psbot.runs.work import RunContext
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.server.serve import running_sandbox
from psbot.sandbox.state.seed import sandbox_world, token_of
from psbot.templates.library import TemplateLibrary
from tests.injection.oracle import assert_quiet
from tests.support.paths import ROOT
from tests.support.sample import examples

WORDS = TemplateLibrary(ROOT / "issue_templates")
NOW = datetime.fromisoformat("2026-11-23T09:00+01:00")
URL = "http://gitlab.test"

Damage = Callable[[int, Any], Any]
Answer = tuple[int, dict[str, str], bytes]

leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20),
    st.sampled_from(
        ["9" * 5000, "²", "-1", "gid://gitlab/WorkItem/x", "gid://gitlab/WorkItem/" + "9" * 5000, "2026-01-01T00:00:00", "0001-01-01", "\ud800",
         "\x9b31m\x1b]0;x\x07", "@all\n/close", "a\u202eb\u2028c", "<!-- psbot: engagement=acme-sow-142 item=epic -->\n", "Epic", "OPEN", "", "x" * 5000]
    ),
)  # fmt: skip
anything = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=8
)  # fmt: skip


def client(url: str = URL, token: str = "fuzz-token") -> Connection:
    patience = WaitBudget(60, lambda _: None)
    return Connection(Server(url, token, connections=1), patience)


def engagement(process: Process) -> Engagement:
    file = ROOT / "examples" / "acme-aws.yml"
    found = parse_engagement(str(file), file.read_text(), process).engagement
    assert found is not None
    return found


@dataclass(frozen=True, repr=False)
class Stage:
    """What hypothesis need not print."""

    sandbox: Sandbox
    process: Process


@pytest.fixture(scope="module")
def stage(process: Process) -> Iterator[Stage]:
    """A world in which psbot has been at work, and then a person."""
    with running_sandbox(sandbox_world()) as started:
        connection = client(started.url, token_of("psbot-bot"))
        tools = WriteTools(GitLabReader(connection), GitLabWriter(connection), Limits(), lambda: 0.0)
        ended = reconcile(engagement(process), RunContext(tools, process, WORDS, NOW, connection.wait_budget))
        assert ended.error is None
        connection.close()
        with started.world.lock:
            for item in started.world.items.values():
                if not item.is_epic:
                    item.title = f"{item.title}, moved"
        yield Stage(started, process)


@contextmanager
def forwarded(sandbox: Sandbox, damage: Damage) -> Iterator[None]:
    """Send on what is asked of URL to the sandbox; *damage* changes its answers, by their number."""
    host = urlsplit(sandbox.url).netloc
    wire = http.client.HTTPConnection(host)
    count = 0

    def forward(request: Any) -> Answer:
        nonlocal count
        wire.request(request.method, request.path_url, request.body, {"PRIVATE-TOKEN": token_of("psbot-bot"), "Content-Type": "application/json"})  # fmt: skip
        answer = json.loads(wire.getresponse().read())
        count += 1
        return (200, {}, json.dumps(damage(count - 1, answer)).encode())

    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add_callback(responses.POST, f"{URL}/api/graphql", forward, content_type="application/json")
        mock.add_callback(
            responses.GET,
            f"{URL}/api/v4/personal_access_tokens/self",
            forward,
            content_type="application/json",
        )
        try:
            yield
        finally:
            wire.close()


def read_everything(process: Process) -> Iterator[str]:
    """Yield what plan, status, labels and doctor print, in all forms."""
    connection = client()
    reader, mine = GitLabReader(connection), engagement(process)
    for _, found in plan_apply_many(reader, [mine], process, WORDS, NOW):
        if isinstance(found, PsbotError):
            yield replace_control_characters(str(found))
            continue
        heard = outside_readers(reader, [mine], process)
        planned = [FilePlan.of("acme.yml", mine, found, heard.get(mine.key, ()))]
        yield from (
            plan.render_plans(form, planned, process.limits, NOW) for form in ("text", "json", "markdown")
        )
    for _, stands in status_many(reader, [mine], process, NOW):
        if isinstance(stands, PsbotError):
            raise stands
        yield from (status.render_status(form, [stands], NOW) for form in ("text", "json", "markdown"))
    found_labels = list(check_labels(reader, [mine.gitlab.label_group], process.catalogue))
    wanted = build_plan(mine, build_desired(mine, process, NOW, WORDS), Snapshot(), process)
    patient = DoctorInput({"acme.yml": mine}, {"acme.yml": wanted}, process, NOW.date())
    for each in (found_labels, list(examine(reader, URL, patient))):
        yield from (checks.render_checks(form, each, NOW) for form in ("text", "json", "markdown"))
    connection.close()


def spoiled(data: Any, walk: list[int], value: Any) -> Any:
    """Return *data* with one part, found by *walk*, replaced by *value*; or, at the end of a walk, left out."""
    if not walk or not isinstance(data, dict | list) or not data:
        return value
    step, rest = walk[0], walk[1:]
    if isinstance(data, list):
        at = step % len(data)
        return [*data[:at], spoiled(data[at], rest, value), *data[at + 1 :]]
    key = sorted(data)[step % len(data)]
    if not rest and value is None:
        return {name: each for name, each in data.items() if name != key}
    return {**data, key: spoiled(data[key], rest, value)}


@settings(
    max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(number=st.integers(0, 8), walk=st.lists(st.integers(0, 40), max_size=14), value=anything)
@example(number=1, walk=[0, 0, 0, 0, 0, 7], value="gid://gitlab/WorkItem/x")
def test_answer_with_any_part_spoiled_ends_with_a_sentence_or_with_clean_output(
    stage: Stage, number: int, walk: list[int], value: Any
) -> None:
    def damage(at: int, answer: Any) -> Any:
        return spoiled(answer, walk, value) if at == number else answer

    with forwarded(stage.sandbox, damage):
        try:
            for text in read_everything(stage.process):
                assert_quiet(text)
        except PsbotError as error:
            assert str(error)


@settings(
    max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=leaves.filter(lambda each: isinstance(each, str)), leaf=st.sampled_from(["title", "description", "webUrl", "username", "name", "fullPath", "version"]))  # fmt: skip
def test_any_text_in_any_field_of_every_item_is_printed_clean(stage: Stage, value: str, leaf: str) -> None:
    def everywhere(_: int, data: Any) -> Any:
        if isinstance(data, list):
            return [everywhere(0, each) for each in data]
        if not isinstance(data, dict):
            return data
        return {key: value if key == leaf and isinstance(each, str) else everywhere(0, each) for key, each in data.items()}  # fmt: skip

    with forwarded(stage.sandbox, everywhere):
        try:
            for text in read_everything(stage.process):
                assert_quiet(text)
        except PsbotError as error:
            assert str(error)


RAW: dict[str, Answer] = {
    "deep": (200, {}, b"[" * 100_000),
    "deep refusal": (400, {}, b"[" * 100_000),
    "deep object": (200, {}, b'{"data":' * 100_000),
    "long number": (200, {}, b'{"data": ' + b"9" * 5000 + b"}"),
    "NaN": (200, {}, b'{"data": NaN}'),
    "not UTF-8": (200, {}, b'{"data": "\xff\xfe"}'),
    "empty": (200, {}, b""),
    "number": (400, {}, b"7"),
    "text that names a key": (400, {}, b'"message"'),
    "superscript pause": (429, {"Retry-After": "²"}, b""),
    "endless pause": (429, {"Retry-After": "9" * 400}, b""),
    "negative pause": (429, {"Retry-After": "-5"}, b""),
    "control characters": (403, {}, b'{"message": "\\u001b]0;x\\u0007\\u009b31m"}'),
    "half a character": (403, {}, b'{"message": "\\ud800"}'),
    "unknown charset": (200, {"Content-Type": "application/json; charset=x-none"}, b"{}"),
    "errors as text": (200, {}, b'{"errors": "no"}'),
    "errors as object": (200, {}, b'{"errors": {"a": 1}}'),
    "odd errors": (200, {}, b'{"errors": [null, 7, {"message": {"a": [1]}}, {"path": 3}]}'),
}


@pytest.mark.parametrize("name", RAW)
@pytest.mark.parametrize("is_write", [False, True])
def test_raw_answer_of_any_kind_is_a_sentence(process: Process, name: str, *, is_write: bool) -> None:
    code, headers, body = RAW[name]
    kind = {"content_type": headers.pop("Content-Type", "application/json")} | {"headers": dict(headers)}
    with responses.RequestsMock() as mock:
        mock.add(responses.POST, f"{URL}/api/graphql", body=body, status=code, **kind)  # type: ignore[arg-type]
        connection = client()
        with pytest.raises(PsbotError) as caught:
            (connection.write if is_write else connection.read)("query Test { x }", {})
        assert_quiet(replace_control_characters(str(caught.value)))


@settings(max_examples=examples(200), deadline=None)
@given(body=st.one_of(st.binary(max_size=200), anything.map(lambda each: json.dumps(each).encode())), code=st.sampled_from([200, 201, 204, 301, 302, 400, 401, 403, 404, 408, 409, 418, 429, 500, 503]), kind=st.sampled_from(["application/json", "text/html", "application/json; charset=utf-16", ""]))  # fmt: skip
def test_any_body_with_any_status_is_data_or_a_sentence(body: bytes, code: int, kind: str) -> None:
    for send in ("read", "write"):
        with responses.RequestsMock() as mock:
            mock.add(responses.POST, f"{URL}/api/graphql", body=body, status=code, content_type=kind)
            try:
                assert isinstance(getattr(client(), send)("query Test { x }", {}), dict)
            except PsbotError as error:
                assert_quiet(replace_control_characters(str(error)))


@pytest.mark.parametrize("url", ["http://[::1", "http://x:y", "http://x:99999", "https://", "ftp://x", "http://u:geheim@x", "javascript:x", "http://\x1b[31m", "http://a b", "http://" + "a" * 300, "http://x/\ud800"])  # fmt: skip
def test_address_that_is_none_is_refused_without_showing_a_password(url: str) -> None:
    with pytest.raises(PsbotError) as caught:
        client(url).read("query Test { x }", {})
    assert "geheim" not in str(caught.value)
    assert_quiet(replace_control_characters(str(caught.value)))


def test_ca_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "broken.pem").write_text("no certificate")
    for name in ("none.pem", "broken.pem"):
        with pytest.raises(PsbotError, match=r"the CA file .* cannot be used"):
            Connection(
                Server("https://127.0.0.1:9", "x", str(tmp_path / name)), WaitBudget(0, lambda _: None)
            )


def test_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("psbot.gitlab.connection.MAX_ANSWER_BYTES", 1000)
    with responses.RequestsMock() as mock:
        mock.add(
            responses.POST, f"{URL}/api/graphql", body=b" " * 2000 + b"{}", content_type="application/json"
        )
        with pytest.raises(PsbotError, match="larger than"):
            client().read("query Test { x }", {})


def test_apply_ends_with_receipts_when_answers_to_writes_are_spoiled(process: Process) -> None:
    values: list[Any] = [None, 7, "x", [], {}, {"id": "gid://x/y"}, {"id": 7}, {"id": "gid://gitlab/WorkItem/1", "iid": "9" * 5000, "webUrl": "\x1b[31m"}]  # fmt: skip
    for value in values:
        with running_sandbox(sandbox_world()) as fresh:

            def damage(_: int, answer: Any, value: Any = value) -> Any:
                data = answer.get("data") or {}
                made = {key: each for key, each in data.items() if key.startswith("write")}
                return {"data": {key: {**each, "workItem": value} if isinstance(each, dict) and "workItem" in each else each for key, each in made.items()}} if made else answer  # fmt: skip

            with forwarded(fresh, damage):
                connection = client()
                tools = WriteTools(GitLabReader(connection), GitLabWriter(connection), Limits(), lambda: 0.0)
                work = RunContext(tools, process, WORDS, NOW, connection.wait_budget)
                mine = engagement(process)
                try:
                    ended = reconcile(mine, work)
                except PsbotError as error:
                    assert_quiet(replace_control_characters(str(error)))
                    continue
                for form in ("text", "json", "markdown"):
                    assert_quiet(
                        apply.render_file_results(form, [FileResult.of("acme.yml", mine.key, ended)], NOW)
                    )
