"""Who can read the internal project without being part of the engagement: no customer must be among them."""

from collections.abc import Iterable, Mapping

from psbot.core.model.engagement import Engagement
from psbot.core.model.finding import Finding, Severity
from psbot.core.model.process import Process
from psbot.core.model.work_item import is_machine
from psbot.gitlab.ports import Reader
from psbot.gitlab.values import Audience

_MAX_NAMED = 5  # accounts named before the rest is counted


def outside_readers(
    reader: Reader, engagements: Iterable[Engagement], process: Process
) -> dict[str, tuple[Finding, ...]]:
    """Return the findings about who can read the internal project, by engagement key.

    Engagements that share one project with the customer are left out: their file has its own warning.
    """
    apart = [each for each in engagements if not each.gitlab.is_shared_with_customer]
    audiences = reader.fetch_audiences(sorted({each.gitlab.internal for each in apart}))
    return {each.key: tuple(_findings(each, audiences, process)) for each in apart}


def _findings(
    engagement: Engagement, audiences: Mapping[str, Audience], process: Process
) -> Iterable[Finding]:
    path = engagement.gitlab.internal
    audience = audiences.get(path)
    if audience is None:
        return
    if not audience.is_private:
        yield _finding(f"{path} is not private, so not only its members can read it; make it private")
    known = engagement.people | process.colleagues
    outsiders = sorted(
        each.username
        for each in audience.members
        if each.username not in known and not is_machine(each, process)
    )
    if outsiders:
        more = f" and {len(outsiders) - _MAX_NAMED} more" if len(outsiders) > _MAX_NAMED else ""
        yield _finding(
            f"{', '.join(outsiders[:_MAX_NAMED])}{more} can read {path} without being part of the engagement; make "
            "sure that none is a customer, and list colleagues in config/accounts.yml"
        )


def _finding(message: str) -> Finding:
    return Finding("outside-readers", Severity.WARNING, message)
