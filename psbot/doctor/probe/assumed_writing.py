"""What psbot expects of writes and of their refusals, and a probe does not try."""

from psbot.doctor.probe.expectation import Assumption

_LOOKS_AGAIN = "psbot looks again, whichever way GitLab does it"
_LOAD = "would put load on the server"

WRITING = (
    Assumption(
        "refused-updates-may-be-half-done",
        "A refused update may have changed the state and the labels, the labels without a note.",
        "app/services/issuable_base_service.rb@001f8107, app/services/issuable/callbacks/labels.rb@9bfe01f3",
        _LOOKS_AGAIN,
    ),
    Assumption(
        "locked-items-stay-closed",
        "Reopening a locked item is answered with success and does nothing.",
        "app/policies/issue_policy.rb@fa352bf4, app/services/issues/reopen_service.rb",
        "psbot locks nothing",
    ),
    Assumption(
        "links-are-made-after-the-item",
        "Where a link at creation is refused, the answer has errors and no item, and the item may exist all the same.",
        "app/services/work_items/callbacks/linked_items.rb@4dbbab7b, "
        "app/graphql/mutations/work_items/create.rb@0079cb93",
        _LOOKS_AGAIN,
    ),
    Assumption(
        "creation-limits-are-answered-with-429",
        "Too many new items in a minute are refused with HTTP 429; servers before 19 answer with 500.",
        "app/controllers/graphql_controller.rb@41946e65 (19.2)",
        _LOAD,
    ),
    Assumption(
        "closing-leaves-a-note-about-the-status",
        "An issue that is closed or reopened gets a second note, about its status; an epic does not, nor an "
        "issue in the Free edition.",
        "ee/app/services/ee/issues/close_service.rb@004a9b1c",
        "psbot works with either behaviour",
    ),
    Assumption(
        "new-children-come-first",
        "A new child is the first in the list of its parent.",
        "app/services/work_items/parent_links/create_service.rb@de09f039",
        "psbot does not depend on the order",
    ),
    Assumption(
        "descriptions-have-up-to-1-mib",
        "A description has up to 1 MiB, counted in bytes.",
        "app/models/concerns/issuable.rb@e87cdb41",
        _LOAD,
    ),
    Assumption(
        "epics-may-be-due-before-they-start",
        "An update after which an epic would be due before it starts is not refused.",
        "ee/app/models/ee/work_item.rb@03147662",
        "a refusal would be reported like any other",
    ),
    Assumption(
        "requests-refused-at-once-write-nothing",
        "A widget that the type does not have, too many links, and a type or object that is not there are "
        "top-level errors with a path; nothing is written.",
        "app/graphql/mutations/concerns/mutations/work_items/widgetable.rb@425a28df, "
        "app/graphql/types/work_items/widgets/linked_items_create_input_type.rb@7efd8d65, "
        "ee/app/graphql/ee/mutations/work_items/create.rb@0a896381, "
        "app/graphql/mutations/base_mutation.rb@41946e65 (19.2), granular_scope_authorization.rb@c7cbbd64",
        "psbot sends no such request knowingly",
    ),
    Assumption(
        "ids-of-another-type-are-refused",
        "An id of another type is refused with the words `does not represent an instance of`.",
        "spec/graphql/types/work_item_id_type_spec.rb",
        "psbot sends ids that GitLab gave it",
    ),
    Assumption(
        "children-of-confidential-parents-are-confidential",
        "A child of a confidential parent must be confidential, also where the parent becomes so later.",
        "app/models/work_item.rb@121f9773",
        "psbot makes no epic confidential",
    ),
    Assumption(
        "labels-added-and-removed-are-removed",
        "A label that one update both adds and removes is removed.",
        "app/services/work_items/callbacks/labels.rb@9bfe01f3",
        "psbot never does both",
    ),
    Assumption(
        "earlier-items-stay-at-the-limit-on-creations",
        "The answer that refuses too many new items has no `Retry-After`, and items created earlier in the "
        "request stay.",
        "app/services/issues/create_service.rb@800235cc, app/controllers/graphql_controller.rb@41946e65 "
        "(19.2) and @83cbd06f",
        _LOAD,
    ),
    Assumption(
        "internal-notes-of-guests-are-public",
        "An internal note from an account that may not write one is posted for everyone.",
        "app/services/notes/build_service.rb",
        "needs a second account",
    ),
    Assumption(
        "words-of-reopened-status",
        "How the note about the status of a reopened issue is worded.",
        "",
        "reopen an issue and read its notes",
    ),
    Assumption(
        "creation-limit-of-gitlab-com",
        "GitLab.com allows 200 new items a minute.",
        "",
        "ask GitLab; trying it would put load on GitLab.com",
    ),
    Assumption(
        "words-of-refused-ids",
        "Errors about ids and permissions say `is not a valid ID for` and `Insufficient permissions`.",
        "",
        "send such an id, and an update with a token that may only read",
    ),
    Assumption(
        "words-of-too-long-descriptions",
        "How the error about a description of more than 1 MiB is worded.",
        "",
        "send such a description",
    ),
)
