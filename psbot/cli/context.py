"""What every command needs: settings, the time of the run, and process, templates and files, each read once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psbot.cli.job_log import RunTotals

if TYPE_CHECKING:
    from psbot.config.folder import ConfigFolder
    from psbot.core.desired.schedule import Context
    from psbot.core.model.engagement import Engagement
    from psbot.core.model.process import Process
    from psbot.engagements.loader import LoadResult
    from psbot.report.plan_rows import FilePlan
    from psbot.templates.library import TemplateLibrary


@dataclass(frozen=True)
class App:
    """The settings of one run; slow imports wait until a command needs them."""

    now: datetime
    gitlab_url: str | None = None
    profile: str | None = None
    ca_file: Path | None = None
    config_dir: Path | None = None
    templates_dir: Path | None = None
    verbose: int = 0
    totals: RunTotals = field(default_factory=RunTotals)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> App:
        """Return the app for the options of the main command; the only place that reads the clock."""
        return cls(**{**settings, "now": settings["now"] or datetime.now(UTC)})

    @cached_property
    def config(self) -> ConfigFolder:
        """Return the config folder, whose files are read when needed."""
        from psbot.config.folder import ConfigFolder
        from psbot.resources import resource_folder

        return ConfigFolder(resource_folder("config", self.config_dir))

    @property
    def process(self) -> Process:
        """Return the process that the config folder describes."""
        return self.config.process

    @cached_property
    def templates(self) -> TemplateLibrary:
        """Return the templates; a kind without its template is an error."""
        from psbot.errors import FileProblems
        from psbot.resources import resource_folder
        from psbot.templates.library import TemplateLibrary

        templates = TemplateLibrary(resource_folder("issue_templates", self.templates_dir))
        if problems := templates.missing_templates(
            sorted({kind.template for kind in self.process.kinds.values()})
        ):
            raise FileProblems(problems)
        return templates

    def load_engagements(self, files: Iterable[Path]) -> list[LoadResult]:
        """Read engagement files."""
        from psbot.engagements.loader import load_portfolio

        return load_portfolio(files, self.process)

    def context_for(self, engagement: Engagement) -> Context:
        """Return *engagement* with its process and date."""
        from psbot.core.desired.schedule import Context

        return Context(engagement, self.process, engagement.today(self.now))

    def plan_offline(self, loaded: LoadResult, engagement: Engagement) -> FilePlan:
        """Return the plan as if GitLab were empty."""
        from psbot.core.desired.build import build_desired
        from psbot.core.model.item import Snapshot
        from psbot.core.plan.plan import build_plan
        from psbot.report.plan_rows import FilePlan

        target = build_desired(engagement, self.process, self.now, self.templates)
        result = build_plan(engagement, target, Snapshot(), self.process)
        return FilePlan.of(loaded.file, engagement, result, (each.as_finding() for each in loaded.warnings))
