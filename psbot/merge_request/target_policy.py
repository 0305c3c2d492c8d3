"""Exports config and templates as the target branch has them: a merge request is never planned by its own policy."""

from dataclasses import dataclass, field
from pathlib import Path

from psbot.merge_request.git import GitFiles


@dataclass(frozen=True, slots=True)
class TargetPolicy:
    """Folders of the repository at the commit *target*, written below *into*.

    ``requested`` are the folders inside the repository that were asked for, ``missing`` those that the target branch
    does not have.
    """

    git: GitFiles
    target: str
    into: Path
    requested: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def export_folder(self, path: Path | None) -> Path | None:
        """Return where the committed files of *path* are; None if psbot's own folder is to be used.

        A folder outside the repository is returned unchanged.
        """
        inside = None if path is None else self.git.relative_path(path)
        if inside is None:
            return path
        self.requested.append(inside)
        exported = self.into / str(len(self.requested))
        if self.git.write_folder(self.target, inside, exported):
            return exported
        self.missing.append(inside)
        return None
