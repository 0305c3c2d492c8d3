"""Whether psbot can read how labels change: from GitLab's system notes, or else from the REST API."""

from collections.abc import Iterator, Mapping

from psbot.doctor.check import Check, CheckResult
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.reader import GitLabReader
from psbot.gitlab.values import PageRequest

_LOOKED_AT = 20  # epics; one request reads their histories


def check_label_history(
    reader: GitLabReader, file: str, group: str, labels: Mapping[str, str]
) -> Iterator[Check]:
    """Yield a check for each epic of *group* whose label history psbot cannot read; nothing where all is well."""
    (page,) = reader.fetch_pages(group, [PageRequest(ItemList.EPICS)])
    epics = {each.gid: each.iid for each in page.items[:_LOOKED_AT]}
    for gid, history in reader.fetch_histories(group, {gid: gid for gid in epics}, labels).items():
        if history.is_unreadable:
            yield Check(
                file,
                CheckResult.WARNING,
                f"the label changes of {group}&{epics[gid]} cannot be read: psbot does not know the wording of their "
                "system notes, and the REST API does not show them",
                "set the language of the token's account to English, and allow the token the REST API (scope api or "
                "read_api, resource_label_events)",
            )
