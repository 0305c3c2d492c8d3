"""Compare the label catalogue with GitLab: missing labels, and labels in its scopes that it does not have."""

from collections.abc import Iterable, Iterator, Mapping

from psbot.core.model.labels import Label, LabelCatalogue, LabelScope
from psbot.doctor.check import Check, CheckResult
from psbot.gitlab.ports import Reader
from psbot.observe.access import not_visible


def check_labels(reader: Reader, groups: Iterable[str], catalogue: LabelCatalogue) -> Iterator[Check]:
    """Yield for each of *groups* how it differs from the catalogue, or that it does not."""
    for group in dict.fromkeys(groups):
        labels = reader.fetch_labels(group)
        if labels is None:
            missing = not_visible(group, "gitlab.label_group")
            yield Check(group, CheckResult.MISSING, missing.problem, missing.fix)
            continue
        checks = [
            check for scope in catalogue.scopes.values() for check in _check_scope(group, scope, labels)
        ]
        whole = f"all {len(catalogue.specs())} labels of the catalogue exist"
        yield from checks or [Check(group, CheckResult.OK, whole)]


def _check_scope(group: str, scope: LabelScope, labels: Mapping[str, str]) -> Iterator[Check]:
    wanted = [spec.title for spec in scope.labels.values()]
    missing = [title for title in wanted if title not in labels]
    if missing and len(missing) == len(wanted):
        yield Check(
            group,
            CheckResult.NOTE,
            f"{scope.name}: none of {len(wanted)} labels exists; psbot apply creates them",
        )
    elif missing:
        names = ", ".join(missing)
        yield Check(
            group,
            CheckResult.NOTE,
            f"{scope.name}: {names} missing; created by psbot apply",
        )
    strange = sorted(
        title for title in labels if Label.parse(title).scope == scope.name and title not in wanted
    )
    if strange:
        yield Check(
            group,
            CheckResult.WARNING,
            f"{scope.name}: {', '.join(strange)} not in the catalogue",
            "psbot ignores labels outside the catalogue; rename, delete or add to config/labels.yml",
        )
