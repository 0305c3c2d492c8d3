"""What psbot expects of accounts and of what they may do, and a probe does not try."""

from psbot.doctor.probe.expectation import Assumption

_ONE_ACCOUNT = "needs a second account"
_SETTINGS = "needs other settings of the server"

ACCOUNTS = (
    Assumption(
        "members-of-a-project-read-the-epics-above",
        "A member of one project reads every epic of its group and of all groups above that is not confidential.",
        "app/policies/group_policy.rb@55eb439f (19.0), app/policies/concerns/find_group_projects.rb@07b1e269",
        _ONE_ACCOUNT,
    ),
    Assumption(
        "groups-beside-are-hidden",
        "An account cannot read the epics of a private group without being a member of it or of a project below it.",
        "app/policies/group_policy.rb@55eb439f (19.0, read in part)",
        _ONE_ACCOUNT,
    ),
    Assumption(
        "confidential-epics-are-hidden-from-members-of-projects-below",
        "A member of one project cannot read confidential epics of the groups above.",
        "app/policies/issue_policy.rb@0ea3fcec (an old version, of issues), documentation, Confidential epics",
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
        "Guests may change the title, description and state of items they are author or assignee of, but not "
        "of incidents.",
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
        "items-of-banned-accounts-are-hidden",
        "Items of banned accounts are hidden from everyone but administrators.",
        "app/policies/issue_policy.rb (hidden & ~admin)",
        _SETTINGS,
    ),
    Assumption(
        "api-needs-accepted-terms",
        "An account that has not accepted the terms, must change its password or is deactivated is answered "
        "with HTTP 403.",
        "app/controllers/graphql_controller.rb@017a6c12, app/policies/global_policy.rb (about 18.0)",
        _SETTINGS,
    ),
    Assumption(
        "deleted-accounts-leave-ghosts",
        "Items and notes of a deleted account belong to the ghost user.",
        "documentation, Delete users",
        "psbot deletes no account",
    ),
    Assumption(
        "system-notes-cannot-be-edited",
        "The author of a note may edit it where the item can be read, and nobody may edit a system note.",
        "app/policies/note_policy.rb@05f0ebba (is_author, editable)",
        "psbot edits no system note",
    ),
    Assumption(
        "internal-notes-are-hidden-from-guests",
        "Below the role that reads internal notes an account does not see even its own.",
        "app/policies/note_policy.rb@05f0ebba",
        _ONE_ACCOUNT,
    ),
    Assumption(
        "readers-of-epics-may-put-items-below-them",
        "An account that can read an epic of a group may put its items below it; a refusal is in the answer's "
        "`errors`.",
        "ee/app/services/ee/work_items/parent_links/create_service.rb@0dee1686, "
        "app/services/work_items/callbacks/hierarchy.rb@4dbbab7b",
        _ONE_ACCOUNT,
    ),
    Assumption(
        "accounts-have-a-state",
        "Accounts that are blocked or deactivated have another `state` than `active`.",
        "schema 18.7 (UserCore.state)",
        _ONE_ACCOUNT,
    ),
    Assumption(
        "accounts-of-machines-are-marked",
        "The REST API says in `bot` whether an account belongs to a machine; service accounts do.",
        "documentation, Users API; app/models/concerns/has_user_type.rb@0286e4c6 (18.6)",
        _ONE_ACCOUNT,
    ),
    Assumption(
        "assignments-of-blocked-accounts",
        "A blocked account stays assigned, and a deleted one does not, without a system note.",
        "",
        "block and delete a scratch account",
    ),
    Assumption(
        "maintainers-may-edit-notes-of-others",
        "From the role Maintainer up, notes of other accounts can be edited.",
        "",
        "edit a note as a Maintainer who did not write it",
    ),
    Assumption(
        "counts-with-items-of-banned-accounts",
        "Whether the count of a list has the hidden items of banned accounts.",
        "",
        "ban a scratch account and compare the count of a list with its items",
    ),
)
