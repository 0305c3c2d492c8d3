"""Reads files from git: which files a branch changes, and their text as committed.

git is started with fixed arguments and without psbot's tokens; file names are arguments, never part of a shell command.
Files are read from git, not from disk, because a branch could put a symbolic link in their place.
"""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from psbot.errors import PsbotError

_REGULAR_MODES = ("100644", "100755")
_LINK_MODE = "120000"
_MAX_FILE_BYTES = 4 * 1024 * 1024  # bytes of one file


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """One file that a branch changes: ``before`` is None for a new file, ``after`` for a deleted one."""

    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class _Entry:
    mode: str
    sha: str
    path: str


@dataclass(frozen=True, slots=True)
class GitFiles:
    """The repository around *folder*; paths are relative to it."""

    folder: Path

    def resolve_commit(self, name: str) -> str:
        """Return the commit that *name* refers to; raises PsbotError where git does not know it."""
        found = self._git(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}", may_fail=True
        )
        if not found:
            raise PsbotError(
                f"git does not know {name} here",
                "fetch the target branch first: git fetch origin +refs/heads/NAME:refs/remotes/origin/NAME",
            )
        return found.decode().strip()

    def changed_files(self, target: str, head: str = "HEAD") -> Sequence[ChangedFile]:
        """Return what *head* changes since it branched off *target*, by name; raises PsbotError without history."""
        options = ("--name-status", "-z", "--find-renames", "--no-ext-diff", "--no-textconv", "--relative")
        fields = _split_output(self._git("diff", *options, f"{target}...{head}"))
        found = []
        for status in fields:
            first = next(fields)
            match status[0]:
                case "R":
                    found.append(ChangedFile(first, next(fields)))
                case "A":
                    found.append(ChangedFile(None, first))
                case "D":
                    found.append(ChangedFile(first, None))
                case _:
                    found.append(ChangedFile(first, first))
        return found

    def read_text(self, commit: str, path: str) -> str:
        """Return the text of one file; raises PsbotError for a symbolic link, binary data or a missing file."""
        (entry,) = self._entries(commit, path) or (None,)
        if entry is None:
            raise PsbotError(f"{path} does not exist in {commit[:12]}", "commit the file")
        if entry.mode == _LINK_MODE:
            raise PsbotError(
                f"{path} is a symbolic link, which psbot does not follow", "commit the file itself"
            )
        if entry.mode not in _REGULAR_MODES:
            raise PsbotError(f"{path} is not a regular file", "commit a regular file")
        return self._blob(entry)

    def write_folder(self, commit: str, path: str, into: Path) -> bool:
        """Write the files of a folder as committed, without links; return whether there were any."""
        found = False
        for entry in self._entries(commit, f"{path}/", "-r"):
            inside = PurePosixPath(entry.path).relative_to(path)
            if entry.mode not in _REGULAR_MODES or ".." in inside.parts:
                continue
            found = True
            file = into / inside
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(self._blob(entry), encoding="utf-8")
        return found

    def relative_path(self, path: Path) -> str | None:
        """Return *path* relative to the folder, as written and without following links; None for one outside."""
        inside = PurePosixPath(os.path.relpath(os.path.normpath(self.folder / path), self.folder))
        return None if inside.parts[:1] == ("..",) else inside.as_posix()

    def _entries(self, commit: str, path: str, *options: str) -> Sequence[_Entry]:
        fields = _split_output(self._git("ls-tree", "-z", *options, commit, "--", path))
        found = []
        for field in fields:
            about, _, name = field.partition("\t")
            mode, _, sha = about.split()
            found.append(_Entry(mode, sha, name))
        return found

    def _blob(self, entry: _Entry) -> str:
        size = int(self._git("cat-file", "-s", entry.sha))
        if size > _MAX_FILE_BYTES:
            raise PsbotError(f"{entry.path} has {size} bytes, more than psbot reads", "shorten it")
        try:
            return self._git("cat-file", "blob", entry.sha).decode()
        except UnicodeDecodeError:
            raise PsbotError(f"{entry.path} is not text in UTF-8", "save it as UTF-8") from None

    def _git(self, *arguments: str, may_fail: bool = False) -> bytes:
        command = ("git", "--literal-pathspecs", "-c", "core.fsmonitor=false", *arguments)
        try:
            done = subprocess.run(  # noqa: S603  fixed arguments and no shell, see above
                command, cwd=self.folder, env=_without_tokens(os.environ), capture_output=True, check=False
            )
        except FileNotFoundError:
            raise PsbotError("git is not installed", "use an image with git") from None
        if done.returncode and not may_fail:
            message = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no reason given"]
            raise PsbotError(
                f"git {arguments[0]} failed: {message[0][:300]}",
                "clone with the full history (GIT_DEPTH: 0), and fetch the target branch",
            )
        return b"" if done.returncode else done.stdout


def _split_output(output: bytes) -> Iterator[str]:
    return iter([os.fsdecode(field) for field in output.split(b"\0")[:-1]])


def _without_tokens(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if "TOKEN" not in name.upper()}
