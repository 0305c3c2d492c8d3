"""Whether an engagement's items are where its file says: what exists is never made again in another project."""

from collections.abc import Iterator

from psbot.core.model import Desired, Snapshot


def elsewhere(desired: Desired, observed: Snapshot) -> Iterator[tuple[str, str]]:
    """Yield a project of the file, and the one that all its items are in instead.

    One item that a person has moved is that person's affair. GitLab's paths know no upper and lower case.
    """
    found = observed.by_key()
    places: dict[str, dict[str, str]] = {}
    for item in desired.snapshot.children:
        if item.key in found:
            namespace = found[item.key].namespace
            places.setdefault(item.namespace, {})[namespace.casefold()] = namespace
    for wanted, namespaces in sorted(places.items()):
        if len(namespaces) == 1 and wanted.casefold() not in namespaces:
            yield wanted, next(iter(namespaces.values()))
