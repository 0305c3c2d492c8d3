"""An item that a person has opened on demand gets the labels that psbot would have made it with, once."""

from psbot.core.progress import Progress
from psbot.core.raised import first_labels


def adopted(progress: Progress) -> Progress:
    """Return the progress after which every item that is taken on has its first labels."""
    process = progress.facts.process
    for _, item in sorted(progress.facts.observed.by_key().items()):
        for purpose, value in first_labels(item, process).items():
            progress = progress.relabelled(progress.item(item), purpose, value, "a person has opened it")
    return progress
