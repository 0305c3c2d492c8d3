"""Reads all files of ``config/`` as the process, and reports everything that is wrong in any of them at once."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from psbot.config import (
    accounts,
    blueprint,
    calendar,
    changes,
    labels,
    limits,
    questions,
    staleness,
    workflow,
)
from psbot.config.config_file import ConfigFile, ConfigModule, ConfigNames, KindOutline, load_config_file
from psbot.core.model.process import Process
from psbot.errors import FileProblems, Problem
from psbot.parsing.validation import Model

MODULES: tuple[ConfigModule[Any], ...] = (
    accounts.MODULE,
    blueprint.MODULE,
    calendar.MODULE,
    changes.MODULE,
    labels.MODULE,
    limits.MODULE,
    questions.MODULE,
    staleness.MODULE,
    workflow.MODULE,
)


def load_process(folder: Path) -> Process:
    """Return what the files of *folder* say; raises FileProblems with everything that is wrong in any of them."""
    files: dict[str, ConfigFile[Any]] = {}
    problems: list[Problem] = []
    for module in MODULES:
        try:
            files[module.name] = load_config_file(folder / f"{module.name}.yml", module.shape)
        except FileProblems as error:
            problems += error.problems
    if problems:
        raise FileProblems(problems)
    return build_process(files)


def build_process(files: Mapping[str, ConfigFile[Any]]) -> Process:
    """Return the process that *files*, by name, describe together; raises FileProblems where they do not fit."""
    names = _names(files)
    if problems := [each for module in MODULES for each in module.check(files[module.name], names)]:
        raise FileProblems(problems)
    fields: dict[str, Any] = {}
    for module in MODULES:
        fields |= module.to_core(files[module.name].model)
    return Process(**fields)


def _names(files: Mapping[str, ConfigFile[Any]]) -> ConfigNames:
    kinds = _model(files, blueprint.MODULE).kinds
    phases_and_states = _model(files, workflow.MODULE)
    return ConfigNames(
        kinds={name: KindOutline(entry.place, entry.repeat) for name, entry in kinds.items()},
        labels={name: scope.labels for name, scope in _model(files, labels.MODULE).scopes.items()},
        phases=phases_and_states.phases,
        states=phases_and_states.states,
        customer_states=phases_and_states.customer_states,
    )


def _model(files: Mapping[str, ConfigFile[Any]], module: ConfigModule[Model]) -> Model:
    model = files[module.name].model
    assert isinstance(model, module.shape)  # noqa: S101  the files were read with these shapes
    return model
