"""What psbot expects of lists, notes and versions, and a probe does not try."""

from psbot.doctor.probe.expectation import Assumption

_LOAD = "would put load on the server"
_PROVEN_BY_READING = "a probe that reads proves that its own queries are accepted"

READING = (
    Assumption(
        "notes-move-updated-at-once-a-minute",
        "A note or a changed label moves `updatedAt` only where the last change is more than a minute old.",
        "app/models/concerns/throttled_touch.rb@4555e1b2",
        "would take minutes; psbot works with either behaviour",
    ),
    Assumption(
        "mentions-run-in-the-background",
        "A mention in a new item or note is noted on the other item seconds later.",
        "app/workers/new_issue_worker.rb@21e3c086",
        "depends on the load of the server",
    ),
    Assumption(
        "time-outs-come-inside-answers",
        "A query that takes too long is answered with an error inside HTTP 200, or with HTTP 503.",
        "app/controllers/graphql_controller.rb@017a6c12, lib/gitlab/graphql/timeout.rb@1d20d436",
        _LOAD,
    ),
    Assumption(
        "documents-stay-below-the-complexity-limit",
        "GitLab accepts queries up to a complexity of 250; docs/endpoints.md lists what psbot's need.",
        "app/graphql/gitlab_schema.rb, app/graphql/types/base_field.rb",
        _PROVEN_BY_READING,
    ),
    Assumption(
        "archived-labels-are-not-listed",
        "The list of a group's labels leaves out archived labels, whose titles stay taken.",
        "schema 18.7 (Group.labels, archived); the finder was not read",
        "psbot archives nothing",
    ),
    Assumption(
        "incidents-have-no-dates",
        "An issue that became an incident keeps its marker and labels, and has no dates.",
        "app/models/work_items/types_framework/system_defined/definitions/incident.rb@04e80ac1 (19.4)",
        "psbot turns nothing into an incident",
    ),
    Assumption(
        "note-pages-are-filtered-after-paging",
        "A page of notes may be empty although more follow, where the account may not read them.",
        "app/services/discussions_list_service.rb@1268cfea",
        "needs a second account",
    ),
    Assumption(
        "label-notes-are-split-by-scope",
        "A change of scoped and plain labels at once leaves a note for each.",
        "app/models/label_note.rb@05f0ebba",
        "psbot reads one note or several",
    ),
    Assumption(
        "type-numbers-of-issues-and-epics",
        "The ids of the item types Issue and Epic end with 1 and 8.",
        "documentation, Configurable work item types (19.2)",
        "every created item of the probe proves that its type was found",
    ),
    Assumption(
        "lists-of-groups-leave-out-places-below",
        "Unless `includeDescendants` is asked for, the list of a group's items has only its own; "
        "`confidential: false` leaves out the confidential ones.",
        "schema 18.7 (Group.workItems, includeDescendants, confidential)",
        "the probe creates no groups",
    ),
    Assumption(
        "item-types-are-listed-without-a-licence",
        "Types of items are listed whatever the licence is; `hasEpicsFeature` of a group says whether it has epics.",
        "app/finders/work_items/types_finder.rb (18.1 to 19.1), schema 18.7 (Group.availableFeatures)",
        "needs a server without a licence",
    ),
    Assumption(
        "old-groups-may-have-no-list-of-items",
        "On servers of about 17.5 the list of a group's items may be null where it has no epics.",
        "GitLab's source of about 17.5 (namespace_work_items_enabled?)",
        "psbot needs 18.7, and reads null as no epics",
    ),
    Assumption(
        "projects-with-issues-switched-off-list-none",
        "A project with issues switched off lists the type of issues but no items, and `issuesEnabled` is false.",
        "ee/app/finders/ee/work_items/work_items_finder.rb@353fb655 (with_feature_available_for_user), schema 18.7",
        "needs other settings of the server",
    ),
    Assumption(
        "item-types-are-not-asked-for-by-name",
        "Types can be asked for by name up to 19.0 only; the list of all types stays.",
        "app/graphql/resolvers/work_items/types_resolver.rb (19.0), documentation, Configurable work item "
        "types (19.2)",
        "psbot lists all types, and chooses by the number in the id, else by name",
    ),
    Assumption(
        "documents-are-valid-in-the-oldest-version",
        "Every GraphQL document of psbot is valid in GitLab 18.7.",
        "schema 18.7",
        "the tests validate every document; a probe proves those that it sends",
    ),
    Assumption(
        "unknown-fields-are-refused-by-graphql-ruby",
        "A document that the schema does not take is refused with a message of graphql-ruby.",
        "graphql-ruby, static validation",
        "every supported version knows all that psbot asks for",
    ),
    Assumption(
        "words-of-time-outs",
        "The error of a query that takes too long begins with `Timeout on`.",
        "graphql-ruby, GraphQL::Schema::Timeout",
        _LOAD,
    ),
    Assumption(
        "complexity-grows-with-pages",
        "A list costs 1 % more for each item of its page, a list of discussions 5 % and one for Gitaly; a "
        "parent costs 5.",
        "app/graphql/types/base_field.rb, app/graphql/resolvers/work_items/work_item_discussions_resolver.rb "
        "(19.2), app/graphql/types/work_items/widgets/hierarchy_type.rb",
        _PROVEN_BY_READING,
    ),
    Assumption(
        "some-lists-cost-nothing-more",
        "Assignees and the notes of a discussion cost the same however many there are; an order, also the "
        "default one, costs 1.",
        "app/graphql/types/base_field.rb, app/graphql/resolvers/base_resolver.rb",
        _PROVEN_BY_READING,
    ),
    Assumption(
        "label-notes-are-sorted-as-text",
        "A note about labels names them sorted as text, and says `automatically removed` only where each of "
        "them made room for another.",
        "app/models/label_note.rb@05f0ebba, ee/app/models/ee/label_note.rb",
        "psbot reads the labels in any order",
    ),
    Assumption(
        "labels-of-other-groups-are-named-with-a-path",
        "In a note a label of another group has its path before it, and the path may contain the word label.",
        "app/models/resource_label_event.rb@73dadd97",
        "happens only after a transfer",
    ),
    Assumption(
        "first-version-with-lists-by-parent",
        "Lists by parent (`parentIds`) exist in 18.6, and not before 18.3; in which version they began is not known.",
        "",
        "a probe proves it for its own server",
    ),
    Assumption(
        "test-cases-have-no-dates",
        "Test cases have neither dates nor a parent.",
        "",
        "psbot creates none",
    ),
    Assumption(
        "booked-time-and-reactions-move-nothing",
        "Reactions, booked time and subscriptions may or may not move `updatedAt`.",
        "",
        "psbot works with either behaviour",
    ),
    Assumption(
        "epics-in-rest-label-events",
        "The REST label events of an epic are found by its own id; the index of endpoints calls it a number.",
        "",
        "read the label events of an epic and compare them with its notes",
    ),
)
