"""``psbot explain``: find the item and its engagement, gather what psbot knows of it, and explain it."""

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
from psbot.observe.histories import read_until_settled
from psbot.observe.observation import Observation
from psbot.observe.observe import observe, observe_many
from psbot.runs.plans import PlanInput, plan_advance, plan_apply
from psbot.runs.stale import scan

_MAX_NAMED = 5  # engagements that an error names


@dataclass(frozen=True, slots=True)
class ExplainSources:
    """What an explanation is made from; ``engagements`` are those of the files, by key."""

    reader: Reader
    engagements: Mapping[str, Engagement]
    process: Process
    templates: Renderer
    now: datetime


def explain_target(target: Reference | ItemKey, sources: ExplainSources) -> Explanation:
    """Return the explanation of the item *target*.

    Raises PsbotError where it belongs to none of the engagements, GitLabError where GitLab cannot be read or shows
    no such item.
    """
    if isinstance(target, ItemKey):
        return _explain_key(target, sources)
    return _explain_reference(target, sources)


def _explain_key(target: ItemKey, sources: ExplainSources) -> Explanation:
    engagement = _engagement(target.engagement, sources)
    if sources.process.kind_of_key(target.key) is None:
        keys = ", ".join(sorted({kind.item for kind in sources.process.kinds.values()}))
        raise PsbotError(f"the process has no item {target.key}", f"item keys are {keys}")
    observation = observe(sources.reader, engagement, sources.process)
    item = observation.snapshot.by_key().get(target.key)
    return _explain_with_facts(_plan_input(engagement, observation, sources), target.key, item)


def _plan_input(engagement: Engagement, observation: Observation, sources: ExplainSources) -> PlanInput:
    return PlanInput(sources.reader, engagement, observation, sources.process, sources.templates, sources.now)


def _engagement(key: str, sources: ExplainSources) -> Engagement:
    if key not in sources.engagements:
        known = ", ".join(sorted(sources.engagements)[:_MAX_NAMED])
        raise PsbotError(
            f"none of the engagement files has the key {key}", f"pass its file; the keys found are {known}"
        )
    return sources.engagements[key]


def _explain_reference(target: Reference, sources: ExplainSources) -> Explanation:
    work_item = sources.reader.fetch_item(target.namespace, target.iid)
    if work_item is None:
        raise GitLabError(
            f"GitLab shows no item {target.iid} in {target.namespace}",
            "check the reference, and that the token's account can see the item",
        )
    marker = work_item.marker
    if marker is not None:
        engagement = _engagement(marker.engagement, sources)
        observation = observe(sources.reader, engagement, sources.process)
        return _explain_work_item(_plan_input(engagement, observation, sources), work_item)
    return _explain_unmarked(work_item, sources)


def _explain_unmarked(work_item: WorkItem, sources: ExplainSources) -> Explanation:
    """Explain an item without a marker: as what it is recognised, or by the engagement whose epic it is below."""
    near = [each for each in sources.engagements.values() if _is_in_engagement(work_item.namespace, each)]
    if not near:
        raise PsbotError(
            f"{work_item.reference} has no marker and is in no project of the engagement files",
            "pass the engagement's file",
        )
    failure: GitLabError | None = None
    for engagement, observed in observe_many(sources.reader, near, sources.process):
        if isinstance(observed, GitLabError):
            failure = failure or observed
            continue
        epic = observed.snapshot.epic
        is_child = epic is not None and epic.gid == work_item.parent
        if is_child or len(near) == 1 or _item_at(work_item, observed):
            return _explain_work_item(_plan_input(engagement, observed, sources), work_item)
    if failure is not None:
        raise failure
    return explain_unknown(work_item)


def _is_in_engagement(namespace: str, engagement: Engagement) -> bool:
    paths, here = engagement.gitlab, namespace.casefold()
    named = {paths.project.casefold(), paths.internal.casefold(), paths.group.casefold()}
    return here in named or here.startswith(f"{paths.group.casefold()}/")


def _item_at(work_item: WorkItem, observation: Observation) -> Item | None:
    items = (*observation.snapshot.items, *observation.snapshot.duplicates)
    return next((each for each in items if is_same_item(each, work_item.namespace, work_item.iid)), None)


def _explain_work_item(given: PlanInput, work_item: WorkItem) -> Explanation:
    item = _item_at(work_item, given.observation)
    return _explain_with_facts(given, item.key if item else "", item, work_item)


def _explain_with_facts(
    given: PlanInput, key: str, item: Item | None, work_item: WorkItem | None = None
) -> Explanation:
    reader, observation = given.reader, given.observation
    apply_plan, _ = plan_apply(given)
    advance_plan, advanced = plan_advance(given)
    facts = replace(given, observation=advanced).facts()

    def read_more(subject: Subject) -> Subject | None:
        missing = explain_item(subject).needs - subject.facts.histories.by_item.keys()
        if not missing:
            return None
        return replace(subject, facts=_with_histories(reader, observation, subject.facts, missing))

    subject = read_until_settled(Subject(key, facts, apply_plan, advance_plan, item, work_item), read_more)
    return _with_staleness(explain_item(subject), observation, subject, reader)


def _with_staleness(
    explanation: Explanation, observation: Observation, subject: Subject, reader: Reader
) -> Explanation:
    """Return the explanation with the reasons why the item is stale, or why not."""
    item, facts = subject.item, subject.facts
    if item is None or not explanation.why:
        return explanation
    response = scan.scan_one(reader, observation, facts, (item.key, EPIC))
    return replace(explanation, why=(*explanation.why, *staleness.statements(response, item.key)))


def _with_histories(reader: Reader, observation: Observation, facts: Facts, keys: frozenset[str]) -> Facts:
    """Return the facts with the histories of the items *keys*; what GitLab does not show could not be checked."""
    found = facts.observed.by_key()
    gids = {str(found[key].gid): key for key in sorted(keys) if key in found and found[key].gid}
    read = reader.fetch_histories(facts.engagement.gitlab.group, gids, observation.global_ids.labels)
    histories = facts.histories
    items = {**histories.by_item, **dict.fromkeys(keys), **{gids[gid]: each for gid, each in read.items()}}
    return replace(facts, histories=replace(histories, by_item=items))
