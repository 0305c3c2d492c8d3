"""Creates the files of an engagements repository; existing files are never overwritten."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from psbot.engagements.schema import json_schema
from psbot.errors import PsbotError
from psbot.resources import resource_folder

_LOCAL = "  - local: /.gitlab/psbot.yml\n"
_OWNER = "@your-group/managers"
_EXAMPLE = "engagements/example.yml"


@dataclass(frozen=True, slots=True)
class ScaffoldOptions:
    """Options of the repository: ``component`` is the path of the CI component with its version, None for a copy.

    ``package`` is what pip installs, ``owners`` are the code owners, as names with ``@``.
    """

    component: str | None = None
    package: str = "psbot"
    owners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WrittenFiles:
    """The files that were written, and the existing ones that were kept."""

    written: tuple[str, ...]
    kept: tuple[str, ...]


def scaffold_files(options: ScaffoldOptions) -> Mapping[str, str]:
    """Return the text of every file of the repository, by its path; raises PsbotError for invalid options."""
    _check_options(options)
    starter = resource_folder("starter")
    texts = {
        path.relative_to(starter).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(starter.rglob("*"))
        if path.is_file()
    }
    texts["requirements.txt"] = (resource_folder("requirements") / "runtime.txt").read_text(encoding="utf-8")
    texts["engagement.schema.json"] = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    pipeline = texts[".gitlab-ci.yml"].replace(
        "package: psbot\n", f"package: {json.dumps(options.package)}\n"
    )
    if options.component is None:
        texts[".gitlab/psbot.yml"] = (resource_folder("templates") / "psbot.yml").read_text(encoding="utf-8")
    else:
        pipeline = pipeline.replace(_LOCAL, f"  - component: $CI_SERVER_FQDN/{options.component}\n")
    texts[".gitlab-ci.yml"] = pipeline
    if options.owners:
        texts["CODEOWNERS"] = texts["CODEOWNERS"].replace(_OWNER, " ".join(options.owners))
    return texts


def _check_options(options: ScaffoldOptions) -> None:
    component = options.component
    if component is not None and (not _is_plain(component) or "/" not in component or "@" not in component):
        raise PsbotError(
            f"{component!r} is not a component", "write it with its version, such as tools/psbot/psbot@0.1.0"
        )
    for owner in options.owners:
        if not _is_plain(owner) or not owner.startswith("@"):
            raise PsbotError(f"{owner!r} is not an owner", "write a user or a group, such as @acme/managers")
    if not options.package.isprintable() or "$[[" in options.package:
        raise PsbotError("the package is not a valid pip requirement", "write it as psbot==0.1.0")


def _is_plain(text: str) -> bool:
    return text.isascii() and all(char.isalnum() or char in "@/._-" for char in text)


def write_scaffold(folder: Path, options: ScaffoldOptions) -> WrittenFiles:
    """Write the repository into *folder*; existing files are kept. Raises PsbotError if a file cannot be written.

    The example engagement is omitted if there are engagements.
    """
    wanted = dict(scaffold_files(options))
    if any((folder / "engagements").rglob("*.yml")) and not (folder / _EXAMPLE).exists():
        del wanted[_EXAMPLE]
    written, kept = [], []
    for name, text in wanted.items():
        file = folder / name
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("x", encoding="utf-8") as stream:
                stream.write(text)
            written.append(name)
        except FileExistsError:
            kept.append(name)
        except OSError as error:
            raise PsbotError(
                f"{file} cannot be written: {error.strerror}", "choose another folder"
            ) from error
    return WrittenFiles(tuple(written), tuple(kept))
