"""Work."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from psbot.apply.apply import Tools
from psbot.apply.preflight import Acquainted, check_author
from psbot.apply.receipt import Outcome, Receipt
from psbot.core.desired.build import Words
from psbot.core.model.engagement import Engagement
from psbot.core.model.process import Process
from psbot.core.plan.plan import Plan
from psbot.errors import Exit, PsbotError
from psbot.gitlab.ports import ForgeReader
from psbot.gitlab.values import Account
from psbot.gitlab.wait_budget import Patience
from psbot.observe.observation import Observation
from psbot.observe.observe import observe
from psbot.runs.plans import Draw, Drawn, draw_up


@dataclass(frozen=True, slots=True)
class Work:
    """What every engagement of a run is reconciled with.

    ``look`` observes an engagement, ``draw`` makes the plan of what was observed, ``check_author`` raises where the
    token may not write it.
    """

    tools: Tools
    process: Process
    words: Words
    now: datetime
    patience: Patience
    say: Callable[[str], None] = lambda _: None
    acquainted: Acquainted = field(default_factory=Acquainted)
    look: Callable[[ForgeReader, Engagement, Process], Observation] = observe
    draw: Draw = draw_up
    check_author: Callable[[Engagement, Account, Process], None] = check_author


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How one engagement ended: the plan that was performed, a receipt for each operation, what stopped it."""

    plan: Plan
    receipts: tuple[Receipt, ...] = ()
    error: PsbotError | None = None

    @property
    def exit_code(self) -> Exit:
        """Return the exit code that this engagement asks for."""
        if self.error is not None:
            return self.error.exit_code
        return Exit.GITLAB if self.of(Outcome.REFUSED) else Exit.DONE

    def of(self, outcome: Outcome) -> tuple[Receipt, ...]:
        """Return the receipts with *outcome*."""
        return tuple(receipt for receipt in self.receipts if receipt.outcome is outcome)


def _plan(engagement: Engagement, work: Work, looked: Observation) -> Drawn:
    return work.draw(work.tools.reader, engagement, looked, work.process, work.words, work.now)
