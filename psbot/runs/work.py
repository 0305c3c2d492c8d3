"""What the engagements of one run share (`RunContext`), and how one of them ended (`Reconciled`)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from psbot.apply.apply import WriteTools
from psbot.apply.preflight import MemberCheck, check_author
from psbot.apply.receipt import Outcome, Receipt
from psbot.core.desired.build import Renderer
from psbot.core.model.engagement import Engagement
from psbot.core.model.process import Process
from psbot.core.plan.plan import Plan
from psbot.errors import ExitCode, PsbotError
from psbot.gitlab.ports import Reader
from psbot.gitlab.values import Account
from psbot.gitlab.wait_budget import WaitBudget
from psbot.observe.observation import Observation
from psbot.observe.observe import observe
from psbot.runs.plans import PlanInput, Planned, Planner, plan_apply


@dataclass(frozen=True, slots=True)
class RunContext:
    """What every engagement of a run is reconciled with.

    ``observe_one`` observes an engagement, ``planner`` plans what to do about it, ``check_author`` raises where the
    token may not write it.
    """

    tools: WriteTools
    process: Process
    templates: Renderer
    now: datetime
    wait_budget: WaitBudget
    echo: Callable[[str], None] = lambda _: None
    member_check: MemberCheck = field(default_factory=MemberCheck)
    observe_one: Callable[[Reader, Engagement, Process], Observation] = observe
    planner: Planner = plan_apply
    check_author: Callable[[Engagement, Account, Process], None] = check_author

    def observe(self, engagement: Engagement) -> Observation:
        """Return what GitLab has of *engagement*."""
        return self.observe_one(self.tools.reader, engagement, self.process)

    def plan(self, engagement: Engagement, observation: Observation) -> Planned:
        """Return the plan for what was observed of *engagement*."""
        return self.planner(
            PlanInput(
                self.tools.reader,
                engagement,
                observation,
                self.process,
                self.templates,
                self.now,
                self.member_check,
            )
        )


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How one engagement ended: the plan that was performed, a receipt for each operation, what stopped it."""

    plan: Plan
    receipts: tuple[Receipt, ...] = ()
    error: PsbotError | None = None

    @property
    def exit_code(self) -> ExitCode:
        """Return the exit code that this engagement asks for."""
        if self.error is not None:
            return self.error.exit_code
        return ExitCode.GITLAB if self.with_outcome(Outcome.REFUSED) else ExitCode.DONE

    def with_outcome(self, outcome: Outcome) -> tuple[Receipt, ...]:
        """Return the receipts with *outcome*."""
        return tuple(receipt for receipt in self.receipts if receipt.outcome is outcome)
