"""The token: in no output, no exception, no file and no process list, and sent to no other host."""

import os
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from psbot.cli import main
from psbot.errors import PsbotError
from psbot.gitlab.connection import Connection
from psbot.gitlab.server import Server
from psbot.gitlab.settings import ServerOptions, find_server
from psbot.gitlab.wait_budget import WaitBudget
from psbot.sandbox.faults.faults import Fault, FaultKind, FaultTiming
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.server.serve import running_sandbox
from psbot.sandbox.state.seed import READ_ONLY_TOKEN, sandbox_world, token_of
from tests.support.paths import ROOT

PRODUCT = ROOT / "psbot"
AWS = str(ROOT / "examples" / "acme-aws.yml")
SECRET = token_of("psbot-bot")
COMMANDS = ("plan", "apply", "advance", "status", "labels", "doctor")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(sandbox_world()) as started:
        yield started


def environment(url: str, token: str = SECRET) -> dict[str, str]:
    return {
        "PSBOT_GITLAB_URL": url,
        "PSBOT_TOKEN": token,
        "PSBOT_NOW": "2026-11-23T09:00+01:00",
        "PSBOT_PROFILE": "",
    }


def chain(error: BaseException | None) -> str:
    """Everything a debugger's first look shows of *error* and of what it came from, locals included."""
    said = []
    while error is not None:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
        frames = [frame for frame in shown.stack if Path(frame.filename).is_relative_to(PRODUCT)]
        said += [repr(error), str(error), *(str(frame.locals) for frame in frames)]
        error = error.__cause__ or error.__context__
    return "\n".join(said)


@pytest.mark.parametrize("kind", [FaultKind.STATUS, FaultKind.RESET, FaultKind.TRUNCATED, FaultKind.NOT_JSON, FaultKind.LOGIN_PAGE, FaultKind.REDIRECT, FaultKind.PAYLOAD_ERROR])  # fmt: skip
def test_token_is_in_no_output_and_no_file_when_anything_fails(
    sandbox: Sandbox, kind: FaultKind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("psbot.cli.signals.StopRequest.wait", lambda *_: None)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    sandbox.gate.faults.add(Fault(kind, FaultTiming.BEFORE, times=99, status=503))
    for command in COMMANDS:
        ended = CliRunner().invoke(main, ["-vv", command, AWS], env=environment(sandbox.url))
        assert SECRET not in ended.output + ended.stderr, command
        assert SECRET not in chain(ended.exception), command
    assert not [
        file for file in tmp_path.rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()
    ]


def test_token_that_gitlab_refuses_or_repeats_is_not_shown(sandbox: Sandbox) -> None:
    for command in COMMANDS:
        ended = CliRunner().invoke(
            main, ["-vv", command, AWS], env=environment(sandbox.url, "glpat-unknown-secret")
        )
        assert ended.exit_code == 3
        assert "glpat-unknown-secret" not in ended.output + ended.stderr + chain(ended.exception)


def test_read_only_commands_are_content_with_read_api(sandbox: Sandbox) -> None:
    for command in ("plan", "status", "labels", "doctor"):
        ended = CliRunner().invoke(main, [command, AWS], env=environment(sandbox.url, READ_ONLY_TOKEN))
        assert ended.exit_code == 0, ended.output
    assert not [each for each in sandbox.gate.log.entries if each.is_write]


@contextmanager
def server(code: int, headers: dict[str, str], said: str = "{}") -> Iterator[tuple[str, list[str]]]:
    """Serve one answer to everything; yield the address and what was heard, headers included."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            heard.append(f"{self.requestline}\n{self.headers}")
            self.send_response(code)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said.encode())

        do_GET = do_POST = answer

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_port}", heard
        finally:
            http.shutdown()
            thread.join()


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_token_goes_to_no_other_host_when_the_first_redirects(code: int) -> None:
    with server(200, {"Content-Type": "application/json"}, '{"data": {}}') as (other, heard_there):
        with server(code, {"Location": f"{other}/api/graphql"}) as (url, heard):
            for send in ("read", "write", "get"):
                connection = Connection(Server(url, SECRET), WaitBudget(0, lambda _: None))
                with pytest.raises(PsbotError, match="redirect"):
                    connection.get("/x") if send == "get" else getattr(connection, send)(
                        "query Test { x }", {}
                    )
                connection.close()
            assert SECRET in "".join(heard)
        assert heard_there == []


def test_what_gitlab_repeats_of_the_token_is_cut_out() -> None:
    with server(403, {"Content-Type": "application/json"}, f'{{"message": "bad {SECRET}"}}') as (url, _):
        connection = Connection(Server(url, SECRET), WaitBudget(0, lambda _: None))
        with pytest.raises(PsbotError) as caught:
            connection.read("query Test { x }", {})
        connection.close()
        assert "[token]" in str(caught.value)
        assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        f"private_token = {SECRET}\n",
        f"[global]\ndefault = a\n[a]\nurl = http://127.0.0.1\nprivate_token {SECRET}\n",
        f"[global]\ndefault = a\n[a]\nurl = http://127.0.0.1\nprivate_token = {SECRET}%x\n",
        f"[global]\ndefault = a\n[a]\nurl = http://u:{SECRET}@127.0.0.1\nprivate_token = x\n",
        f"[global]\ndefault = a\n[a]\nurl = http://127.0.0.1\nprivate_token = x\ntimeout = {SECRET}\n",
        f"[global]\ndefault = a\n[a]\nurl = http://[{SECRET}\nprivate_token = x\n",
        f"[global]\ndefault = a\n[a]\nurl = x\nprivate_token = helper: /nowhere/{SECRET}\n",
        f"[global]\ndefault = a\n[a]\nurl = x\nprivate_token = helper: 'unclosed {SECRET}\n",
        "[global]\ndefault = a\n[a]\nurl = x\nprivate_token = \udce9\n",
    ],
)
def test_broken_profile_is_a_sentence_without_what_stands_in_it(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gitlab.cfg").write_bytes(content.encode(errors="surrogateescape"))
    monkeypatch.setenv("PYTHON_GITLAB_CFG", str(tmp_path / "gitlab.cfg"))
    with pytest.raises(PsbotError) as caught:
        found = find_server(ServerOptions("http://other.example"), {})
        Connection(found, WaitBudget(0, lambda _: None))
    assert SECRET not in str(caught.value)


def test_password_in_an_address_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gitlab.cfg").write_text("[global]\ndefault = a\n[a]\nurl = http://x\nprivate_token = x\n")
    monkeypatch.setenv("PYTHON_GITLAB_CFG", str(tmp_path / "gitlab.cfg"))
    for url in (f"http://u:{SECRET}@y", f"http://{SECRET}@x", f"http://[{SECRET}", f"http://x:{SECRET}"):
        with pytest.raises(PsbotError) as caught:
            Connection(find_server(ServerOptions(url), {}), WaitBudget(0, lambda _: None))
        assert SECRET not in str(caught.value)


def test_tokens_are_no_argument_of_a_process_that_the_demonstration_starts(tmp_path: Path) -> None:
    env = os.environ | {"TMPDIR": str(tmp_path)}
    seen: set[str] = set()
    with subprocess.Popen([sys.executable, "-m", "psbot", "demo"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # fmt: skip
        watched = psutil.Process(process.pid)
        done = threading.Event()

        def watch() -> None:
            while not done.wait(0.01):
                try:
                    seen.update(" ".join(each.cmdline()) for each in watched.children(recursive=True))
                except psutil.Error:
                    continue

        watcher = threading.Thread(target=watch)
        watcher.start()
        out, said = process.communicate(timeout=50)
        done.set()
        watcher.join()
    assert process.returncode == 0, said
    assert any("apply" in line for line in seen)
    assert "sandbox-token" not in out + said + "".join(seen)
