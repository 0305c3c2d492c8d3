"""What psbot expects of GitLab and a probe does not try, with the reason; an empty source: nobody could confirm it."""

from psbot.doctor.probe.expectation import Assumption

_ONE_ACCOUNT = "needs a second account"
_LOAD = "would put load on the server"
_SETTINGS = "needs other settings of the server"

ASSUMPTIONS = (
    Assumption(
        "notes-move-updated-at-once-a-minute",
        "A note or a changed label moves `updatedAt` only where the last change is more than a minute old.",
        "app/models/concerns/throttled_touch.rb@4555e1b2",
        "would take minutes; psbot works with either behaviour",
    ),
    Assumption(
        "refused-updates-may-be-half-done",
        "A refused update may have changed the state and the labels.",
        "app/services/issuable_base_service.rb@001f8107",
        "psbot looks again, whichever way GitLab does it",
    ),
    Assumption(
        "locked-items-stay-closed",
        "Reopening a locked item is answered with success and does nothing.",
        "app/policies/issue_policy.rb@fa352bf4, app/services/issues/reopen_service.rb",
        "psbot locks nothing",
    ),
    Assumption(
        "links-are-made-after-the-item",
        "Where a link at creation is refused, the item may exist all the same.",
        "app/services/work_items/callbacks/linked_items.rb@4dbbab7b",
        "psbot looks again, whichever way GitLab does it",
    ),
    Assumption(
        "mentions-run-in-the-background",
        "A mention in a new item or note is noted on the other item seconds later.",
        "app/workers/new_issue_worker.rb@21e3c086",
        "depends on the load of the server",
    ),
    Assumption(
        "members-of-a-project-read-the-epics-above",
        "A member of one project reads every epic of its group and of all groups above that is not confidential.",
        "app/policies/group_policy.rb@55eb439f (19.0), app/policies/concerns/find_group_projects.rb@07b1e269",
        _ONE_ACCOUNT,
    ),
    Assumption(
        "groups-beside-are-hidden",
        "An account cannot read the epics of a private group without being a member of it or of a project below it.",
        "app/policies/group_policy.rb@55eb439f (19.0)",
        _ONE_ACCOUNT,
    ),
    Assumption(
        "confidential-epics-are-hidden-from-members-of-projects-below",
        "A member of one project cannot read confidential epics of the groups above.",
        "app/policies/issue_policy.rb, documentation, Confidential epics",
        _ONE_ACCOUNT,
    ),
    Assumption(
        "readers-of-epics-may-comment",
        "Who can read an epic of a group may comment on it.",
        "app/policies/issue_policy.rb (group_issue and read_group enable create_note)",
        _ONE_ACCOUNT,
    ),
    Assumption(
        "guests-change-what-is-theirs",
        "Guests may change the title, description and state of items they are author or assignee of.",
        "app/policies/issuable_policy.rb, config/authz/roles/guest.yml@55eb439f (19.0)",
        _ONE_ACCOUNT,
    ),
    Assumption(
        "notes-of-others-cannot-be-edited",
        "The role Planner does not allow editing notes of other accounts.",
        "app/policies/note_policy.rb@05f0ebba",
        _ONE_ACCOUNT,
    ),
    Assumption(
        "the-planner-role-suffices",
        "Everything that psbot does in an engagement is allowed to the role Planner.",
        "config/authz/roles/planner.yml@3919ad72 (19.0)",
        "proven only where the token of the probe has that role; the report names the role",
    ),
    Assumption(
        "creation-limits-are-answered-with-429",
        "Too many new items in a minute are refused with HTTP 429; servers before 19 answer with 500.",
        "app/controllers/graphql_controller.rb@41946e65 (19.2)",
        _LOAD,
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
        "a probe that reads proves that its own queries are accepted",
    ),
    Assumption(
        "archived-labels-are-not-listed",
        "The list of a group's labels leaves out archived labels, whose titles stay taken.",
        "schema 18.7 (Group.labels, archived)",
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
        _ONE_ACCOUNT,
    ),
    Assumption(
        "items-of-banned-accounts-are-hidden",
        "Items of banned accounts are hidden; whether lists count them is not known.",
        "",
        _SETTINGS,
    ),
    Assumption(
        "first-version-with-lists-by-parent",
        "Lists by parent (`parentIds`) exist in 18.6; in which version they began is not known.",
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
        "rich-text-editor-keeps-comments",
        "The rich text editor keeps the HTML comments of a description; what it writes when saving was not read.",
        "",
        "needs a browser",
    ),
    Assumption(
        "label-notes-are-split-by-scope",
        "A change of scoped and plain labels at once leaves a note for each.",
        "app/models/label_note.rb@05f0ebba",
        "psbot reads one note or several",
    ),
    Assumption(
        "new-children-come-first",
        "A new child is the first in the list of its parent.",
        "app/services/work_items/parent_links/create_service.rb@de09f039",
        "psbot does not depend on the order",
    ),
    Assumption(
        "closing-leaves-a-note-about-the-status",
        "Closing or reopening an issue leaves a second note, about its status.",
        "ee/app/services/ee/issues/close_service.rb@004a9b1c",
        "psbot works with either behaviour",
    ),
    Assumption(
        "descriptions-have-up-to-1-mib",
        "A description has up to 1 MiB.",
        "app/models/concerns/issuable.rb@e87cdb41",
        _LOAD,
    ),
    Assumption(
        "type-numbers-of-issues-and-epics",
        "The ids of the item types Issue and Epic end with 1 and 8.",
        "documentation, Configurable work item types (19.2)",
        "every created item of the probe proves that its type was found",
    ),
    Assumption(
        "api-needs-accepted-terms",
        "An account that has not accepted the terms, or is deactivated, is answered with HTTP 403.",
        "app/controllers/graphql_controller.rb@017a6c12",
        _SETTINGS,
    ),
    Assumption(
        "dollar-signs-make-formulas",
        "Text between dollar signs is a formula in descriptions and notes, unless they are escaped.",
        "lib/banzai/filter/markdown_engines/glfm_markdown.rb@7e202c4f",
        "the probe does not read rendered text",
    ),
    Assumption(
        "deleted-accounts-leave-ghosts",
        "Items and notes of a deleted account belong to the ghost user.",
        "documentation, Delete users",
        "psbot deletes no account",
    ),
    Assumption(
        "assignments-of-blocked-accounts",
        "A blocked account stays assigned, and a deleted one does not.",
        "",
        "block and delete a scratch account",
    ),
    Assumption(
        "epics-in-rest-label-events",
        "The REST label events of an epic are found by its own id; the index of endpoints calls it a number.",
        "",
        "read the label events of an epic and compare them with its notes",
    ),
    Assumption(
        "words-of-reopened-status",
        "How the note about the status of a reopened issue is worded.",
        "",
        "reopen an issue and read its notes",
    ),
    Assumption(
        "filters-after-markdown",
        "Filters for emoji, inline diffs, wiki links and tables of contents leave escaped text alone.",
        "",
        "read rendered text of each",
    ),
)
