"""Reads ``config/accounts.yml``: accounts that are machines, and colleagues who are no guests."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from psbot.config.config_file import ConfigFile, ConfigModule, ConfigNames
from psbot.errors import Problem
from psbot.parsing.fields import Text
from psbot.parsing.validation import STRICT


class AccountsFile(BaseModel):
    """``accounts.yml``."""

    model_config = STRICT
    machine_accounts: list[Text] = []
    colleagues: list[Text] = []


def check(_file: ConfigFile[AccountsFile], _others: ConfigNames) -> Iterator[Problem]:
    """Yield nothing: the file refers to no other."""
    yield from ()


def to_core(file: AccountsFile) -> Mapping[str, Any]:
    """Return the fields of the process that the file gives."""
    return {
        "machine_accounts": frozenset(map(str.lower, file.machine_accounts)),
        "colleagues": frozenset(map(str.lower, file.colleagues)),
    }


MODULE = ConfigModule("accounts", AccountsFile, check, to_core)
