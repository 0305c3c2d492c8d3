"""What every command needs: the settings, the instant of the run, and process, words and files, read once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psbot.cli.job_log import Tally

if TYPE_CHECKING:
    from psbot.config.folder import ConfigFolder
    from psbot.core.desired.schedule import Situation
    from psbot.core.model.engagement import Engagement
    from psbot.core.model.process import Process
    from psbot.engagements.loader import Loaded
    from psbot.report.plan_rows import Planned
    from psbot.templates.library import Templates


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
    tally: Tally = field(default_factory=Tally)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> App:
        """Return the app for the group's options; the one place that reads the clock."""
        return cls(**{**settings, "now": settings["now"] or datetime.now(UTC)})

    @cached_property
    def config(self) -> ConfigFolder:
        """Return the config folder, whose files are read as they are needed."""
        from psbot.config.folder import ConfigFolder
        from psbot.resources import directory

        return ConfigFolder(directory("config", self.config_dir))

    @property
    def process(self) -> Process:
        """Return the process of the config folder."""
        return self.config.process

    @cached_property
    def templates(self) -> Templates:
        """Return the templates; a kind without its template is an error."""
        from psbot.errors import FileProblems
        from psbot.resources import directory
        from psbot.templates.library import Templates

        templates = Templates(directory("issue_templates", self.templates_dir))
        if problems := templates.problems(sorted({kind.template for kind in self.process.kinds.values()})):
            raise FileProblems(problems)
        return templates

    def load(self, files: Iterable[Path]) -> list[Loaded]:
        """Read engagement files."""
        from psbot.engagements.loader import load_portfolio

        return load_portfolio(files, self.process)

    def situation(self, engagement: Engagement) -> Situation:
        """Return *engagement* as it stands now."""
        from psbot.core.desired.schedule import Situation

        return Situation(engagement, self.process, engagement.today(self.now))

    def plan_offline(self, loaded: Loaded, engagement: Engagement) -> Planned:
        """Return what would be written if GitLab were empty."""
        from psbot.core.desired.build import desired
        from psbot.core.model.item import Snapshot
        from psbot.core.plan.plan import plan
        from psbot.report.plan_rows import Planned

        wanted = desired(engagement, self.process, self.now, self.templates)
        result = plan(engagement, wanted, Snapshot(), self.process)
        return Planned.of(loaded.file, engagement, result, (each.finding() for each in loaded.warnings))
