"""Asks for an engagement and builds a valid file; each answer is checked immediately."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from psbot.core.model.process import Process
from psbot.core.text.escape import replace_control_characters
from psbot.engagements.loader import parse_engagement, slugify
from psbot.errors import PsbotError

NONE, YES = "none", "yes"
AskFunction = Callable[[str, str | None, str | None], str | None]
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*")


@dataclass(slots=True)
class Interview:
    """The answers so far; ``given`` are those that came as options."""

    process: Process
    now: datetime
    given: Mapping[str, str | None]
    answers: dict[str, str] = field(default_factory=dict)

    def conduct(self, questions: Mapping[str, str], ask: AskFunction) -> str:
        """Return the file's text; raises PsbotError if an answer is missing or invalid."""
        for name, question in questions.items():
            self.answers[name] = self._answer(name, question, ask)
        text = self._file_text(self.answers)
        if error := parse_engagement("engagement.yml", text, self.process).error:
            raise error
        return text

    def _answer(self, name: str, question: str, ask: AskFunction) -> str:
        given = self.given.get(name)
        if given is not None:
            if error := self._error_in(name, given):
                raise PsbotError(f"--{name}: {error}")
            return given
        complaint = None
        while True:
            answer = ask(question, self._default(name), complaint)
            if answer is None:
                raise PsbotError(f"no answer to: {question}", f"use --{name}")
            complaint = self._error_in(name, answer)
            if complaint is None:
                return answer

    def _default(self, name: str) -> str | None:
        known = self.answers
        defaults = {
            "hosting": "aws",
            "contract": "fixed-fee",
            "closed-won-on": NONE,
            "shared-with-customer": YES,
            "engineers": NONE,
            "calls": NONE,
            "standups": NONE,
            "engagement": f"{slugify(known.get('customer', ''))}-{slugify(known.get('sow', ''))}".strip("-")[
                :63
            ],
            "project": f"{known.get('group')}/project",
            "internal-project": f"{known.get('group')}/internal",
        }
        return defaults.get(name)

    def _error_in(self, name: str, answer: str) -> str | None:
        """Return what is wrong with *answer*, given the answers before it; None if it is valid."""
        text = self._file_text(self._with_placeholders(self.answers | {name: answer}))
        loaded = parse_engagement("answer", text, self.process)
        if loaded.error is None:
            return None
        if loaded.document is None:  # the answer breaks the YAML around it
            return str(loaded.error).partition(": ")[2]
        problems = getattr(loaded.error, "problems", ())
        lines = _lines_of_key(loaded.document.keys, name)
        return next(
            (problem.full_message.partition(": ")[2] for problem in problems if problem.line in lines), None
        )

    def _with_placeholders(self, answers: Mapping[str, str]) -> dict[str, str]:
        """Return *answers* with placeholders for the questions that were not asked yet."""
        today = self.now.date()
        kick_off = answers.get("kick-off-on", str(today + timedelta(days=14)))
        group = answers.get("group", "group")
        placeholders = {
            "customer": "C", "sow": "S", "engagement": "key", "hosting": "aws", "contract": "fixed-fee",
            "budget-hours": "1", "closed-won-on": NONE, "kick-off-on": kick_off, "ends-on": kick_off,
            "time-zone": "UTC", "holidays": "DE", "group": group, "project": f"{group}/project",
            "internal-project": f"{group}/internal", "shared-with-customer": YES, "manager": "m",
            "engineers": NONE, "calls": NONE, "standups": NONE,
        }  # fmt: skip
        return placeholders | dict(answers)

    def _file_text(self, answers: Mapping[str, str]) -> str:
        known = {name: _yaml_scalar(answer) for name, answer in answers.items()}
        lines = [
            f"engagement: {known['engagement']}",
            f"customer: {known['customer']}",
            f"sow: {known['sow']}",
            f"hosting: {known['hosting']}",
            f"contract: {known['contract']}",
            f"budget_hours: {_yaml_number(answers['budget-hours'])}",
            *_optional_line("closed_won_on", answers["closed-won-on"], str),
            f"kick_off_on: {known['kick-off-on']}",
            f"ends_on: {known['ends-on']}",
            f"time_zone: {known['time-zone']}",
            f"holidays: {_yaml_list(answers['holidays'])}",
            "gitlab:",
            f"  group: {known['group']}",
            f"  project: {known['project']}",
            f"  internal_project: {known['internal-project']}",
            *_yaml_shared(answers["shared-with-customer"]),
            "people:",
            f"  manager: {known['manager']}",
            *(f"  {line}" for line in _optional_line("engineers", answers["engineers"], _yaml_list)),
            *_optional_line("calls", answers["calls"], _yaml_calls),
            *_optional_line("standups", answers["standups"], _yaml_standups),
        ]
        return "\n".join(lines) + "\n"


def _lines_of_key(keys: Mapping[tuple[str | int, ...], tuple[int, int]], name: str) -> set[int]:
    key = name.replace("-", "_")
    return {line for path, (line, _) in keys.items() if path[-1] == key}


def _optional_line(key: str, answer: str, value: Callable[[str], str]) -> list[str]:
    return [] if answer.strip().lower() in ("", NONE) else [f"{key}: {value(answer)}"]


def _yaml_shared(answer: str) -> list[str]:
    """Return the line for ``shared_with_customer``; none for the default. Validation rejects other answers."""
    value = {YES: "", "true": "", "no": "false", "false": "false"}.get(
        answer.strip().lower(), _yaml_scalar(answer)
    )
    return [f"  shared_with_customer: {value}"] if value else []


def _yaml_scalar(answer: str) -> str:
    is_date = re.fullmatch(r"\d{4}-\d{2}-\d{2}", answer)
    ambiguous = ("yes", "no", "on", "off", "y", "n", "true", "false", "null")
    is_plain = _PLAIN.fullmatch(answer) and answer.lower() not in ambiguous
    return (
        answer if is_date or is_plain else json.dumps(replace_control_characters(answer), ensure_ascii=False)
    )


def _yaml_number(answer: str) -> str:
    return answer if re.fullmatch(r"(0|[1-9]\d{0,6})(\.\d{1,2})?", answer) else _yaml_scalar(answer)


def _yaml_list(answer: str) -> str:
    return f"[{', '.join(_yaml_scalar(part.strip()) for part in answer.split(',') if part.strip())}]"


def _yaml_calls(answer: str) -> str:
    return _yaml_mapping(("every", "on", "at", "minutes"), answer)


def _yaml_standups(answer: str) -> str:
    return _yaml_mapping(("every", "at"), answer)


def _yaml_mapping(names: tuple[str, ...], answer: str) -> str:
    """Return the parts of *answer* as a mapping; an extra part becomes a key that validation rejects."""
    parts = answer.split()
    keys = [*names, *(f"word-{count}" for count in range(len(names) + 1, len(parts) + 1))]
    return (
        "{" + ", ".join(f"{key}: {_yaml_value(part)}" for key, part in zip(keys, parts, strict=False)) + "}"
    )


def _yaml_value(part: str) -> str:
    return _yaml_number(part) if part.isdigit() else _yaml_scalar(part)


def write_new_file(file: Path, text: str) -> None:
    """Write *text* to a new *file*, creating its folder if needed; PsbotError if it exists."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise PsbotError(f"{file} already exists", "choose another file with --out") from error
    except OSError as error:
        raise PsbotError(
            f"{file} cannot be written: {error.strerror}", "choose another file with --out"
        ) from error
