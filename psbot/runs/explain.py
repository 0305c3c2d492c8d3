"""ITEM → its engagement, all that psbot knows of it, and the explanation."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from psbot.core.desired.build import Renderer
from psbot.core.explain import staleness
from psbot.core.explain.explanation import Explanation, Subject, explain_item, explain_unknown
from psbot.core.explain.recognition import is_same_item
from psbot.core.explain.reference import ItemKey, Reference
from psbot.core.model.engagement import Engagement
from psbot.core.model.facts import Facts
from psbot.core.model.item import Item
from psbot.core.model.process import EPIC, Process
from psbot.core.model.work_item import WorkItem
from psbot.errors import GitLabError, PsbotError
from psbot.gitlab.ports import Reader
from psbot.observe.observation import Observation
from psbot.observe.observe import observe, observe_many
from psbot.runs.plans import plan_advance, plan_apply
from psbot.runs.stale import scan

_MAX_ROUNDS = 5  # what was read may ask for more, and that again


@dataclass(frozen=True, slots=True)
class ExplainSources:
    """What an explanation is made from: GitLab, the engagements of the files by key, the process, and the instant."""

    reader: Reader
    engagements: Mapping[str, Engagement]
    process: Process
    templates: Renderer
    now: datetime


def explain_target(target: Reference | ItemKey, sources: ExplainSources) -> Explanation:
    """Return what there is to say of the item *wanted*.

    Raises PsbotError where it is of no engagement of the files, GitLabError where GitLab cannot be read or shows
    no such item.
    """
    if isinstance(target, ItemKey):
        return _explain_key(target, sources)
    return _explain_reference(target, sources)


def _explain_key(target: ItemKey, sources: ExplainSources) -> Explanation:
    engagement = _engagement(target.engagement, sources)
    if sources.process.kind_of_key(target.key) is None:
        keys = ", ".join(sorted({kind.item for kind in sources.process.kinds.values()}))
        raise PsbotError(f"there is no item {target.key} in the process", f"items are {keys}")
    observation = observe(sources.reader, engagement, sources.process)
    found = observation.snapshot.by_key().get(target.key)
    return _explain_with_facts(engagement, observation, sources, target.key, found)


def _engagement(key: str, sources: ExplainSources) -> Engagement:
    if key not in sources.engagements:
        known = ", ".join(sorted(sources.engagements)[:_MAX_ROUNDS])
        raise PsbotError(
            f"no engagement file that was read is of {key}", f"name its file; those read are of {known}"
        )
    return sources.engagements[key]


def _explain_reference(target: Reference, sources: ExplainSources) -> Explanation:
    sighting = sources.reader.fetch_item(target.namespace, target.iid)
    if sighting is None:
        raise GitLabError(
            f"GitLab shows no item {target.iid} in {target.namespace}",
            "check the reference, and that the token's account may see it",
        )
    note = sighting.marker
    if note is not None:
        engagement = _engagement(note.engagement, sources)
        observation = observe(sources.reader, engagement, sources.process)
        return _explain_work_item(engagement, observation, sources, sighting)
    return _explain_unmarked(sighting, sources)


def _explain_unmarked(sighting: WorkItem, sources: ExplainSources) -> Explanation:
    """Explain an item without a marker: by what it is counted as, or by the engagement under whose epic it hangs."""
    near = [each for each in sources.engagements.values() if _is_in_engagement(sighting.namespace, each)]
    if not near:
        raise PsbotError(
            f"{sighting.reference} carries no marker and lies in no place of the engagement files that were read",
            "name the engagement's file",
        )
    failure: GitLabError | None = None
    for engagement, observed in observe_many(sources.reader, near, sources.process):
        if isinstance(observed, GitLabError):
            failure = failure or observed
            continue
        epic = observed.snapshot.epic
        is_child = epic is not None and epic.gid == sighting.parent
        if is_child or len(near) == 1 or _item_at(sighting, observed):
            return _explain_work_item(engagement, observed, sources, sighting)
    if failure is not None:
        raise failure
    return explain_unknown(sighting)


def _is_in_engagement(namespace: str, engagement: Engagement) -> bool:
    places, here = engagement.gitlab, namespace.casefold()
    named = {places.project.casefold(), places.internal.casefold(), places.group.casefold()}
    return here in named or here.startswith(f"{places.group.casefold()}/")


def _item_at(sighting: WorkItem, observation: Observation) -> Item | None:
    items = (*observation.snapshot.items, *observation.snapshot.duplicates)
    return next((each for each in items if is_same_item(each, sighting.namespace, sighting.iid)), None)


def _explain_work_item(
    engagement: Engagement, observation: Observation, sources: ExplainSources, sighting: WorkItem
) -> Explanation:
    found = _item_at(sighting, observation)
    key = found.key if found else ""
    return _explain_with_facts(engagement, observation, sources, key, found, sighting)


def _explain_with_facts(  # noqa: PLR0917  the facts of one item, in the order they are found
    engagement: Engagement,
    observation: Observation,
    sources: ExplainSources,
    key: str,
    item: Item | None,
    sighting: WorkItem | None = None,
) -> Explanation:
    reader, process, words, now = sources.reader, sources.process, sources.templates, sources.now
    applying, _ = plan_apply(reader, engagement, observation, process, words, now)
    advancing, told = plan_advance(reader, engagement, observation, process, words, now)
    facts = Facts(engagement, process, told.snapshot, now, told.histories)
    subject = Subject(key, facts, applying, advancing, item, sighting)
    explanation = explain_item(subject)
    for _ in range(_MAX_ROUNDS):
        asked = explanation.needs - subject.facts.histories.by_item.keys()
        if not asked:
            break
        subject = replace(subject, facts=_with_histories(reader, observation, subject.facts, asked))
        explanation = explain_item(subject)
    return _with_staleness(explanation, observation, subject, reader)


def _with_staleness(
    explanation: Explanation, observation: Observation, subject: Subject, reader: Reader
) -> Explanation:
    """Return the explanation that also says why an item is stale, or why not."""
    item, facts = subject.item, subject.facts
    if item is None or not explanation.why:
        return explanation
    response = scan.scan_one(
        reader, facts.engagement, observation, facts.process, facts.now, (item.key, EPIC)
    )
    return replace(explanation, why=(*explanation.why, *staleness.statements(response, item.key)))


def _with_histories(reader: Reader, observation: Observation, facts: Facts, keys: frozenset[str]) -> Facts:
    """Return the facts with what was done to the items *keys*; what GitLab does not show could not be checked."""
    found = facts.observed.by_key()
    gids = {str(found[key].gid): key for key in sorted(keys) if key in found and found[key].gid}
    read = reader.fetch_histories(facts.engagement.gitlab.group, gids, observation.global_ids.labels)
    histories = facts.histories
    items = {**histories.by_item, **dict.fromkeys(keys), **{gids[gid]: each for gid, each in read.items()}}
    return replace(facts, histories=replace(histories, by_item=items))
