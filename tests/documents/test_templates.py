"""What each template must speak of, fact by fact, so that a reviewer can compare it with how engagements run.

Facts of the handbook of GitLab's professional services, public pages of 2018 to 2026.
"""

import re
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from psbot.core.desired.schedule import Context
from psbot.core.model.engagement import CallCadence, GitLabPaths
from psbot.core.model.process import Process
from psbot.engagements.loader import parse_engagement
from psbot.templates.library import TemplateLibrary
from psbot.templates.render import render_item
from tests.support.paths import ROOT

CONTENT = {
    "welcome-email": """business days|main contact|new customer|existing|training only|account team|leaders|Manager, Professional Services|lead engineer
        |champion|administrator|technical contact|stakeholder|lead decisions|coordinate|access and technical resources|business and product""",
    "kick-off": """customer|statement of work|service line|contract|planned|epic|board|RAID|shared folder|chat channel
        |project record|scoping issue|transition meeting|stakeholder planning|risks logged|collaboration project|access checked live|before anybody is invited
        |note for support|engineers, start, expected end|deck ready|steering committee|everyone invited|customer success manager informed|two business days before
        |roles and availability|goals and success criteria|milestone dates|prerequisites|who attends|environment checked|owner and date
        |team and roles|approach and method|timeline and milestones|reporting cadence|next steps|minimum effort each week|expiry date|delay clauses
        |understanding confirmed|planning sessions booked|iteration cadence|working agreement|norms|status and time updates""",
    "intake-aws": "before the call|summarise what we have understood|not applicable|risk|acceptance criteria|certificate is requested first|hours|DNS hostnames|open questions|tasks",
    "intake-on-prem": "before the call|not applicable|risk|lead times|firewall",
    "call": """attendees|stakeholders|manager, account executive and customer success manager|actions from the previous call|progress against the plan|decisions|new risks
        |your questions|owner and a due date|schedule|time and budget|open actions|issues and escalations|planned absence""",
    "engagement-log": """overall|good, the bad|blockers|schedule|scope|budget|Y/N|happy, frustrated, engaged or disengaged|progress in one line|target date|help needed
        |who is responsible|contributes|internal temperature|customer's temperature|RAID log and the internal epic|red""",
    "standup": "since last time towards the goal|what comes next|what help|blockers|parked|session of its own|risks|15 minutes|30|customer success manager|board",
    "change-request": """engagement epic|scoping issue|statement of work|requested by|requested on|change order|written confirmation|work at risk|work exception
        |new statement of work|what changes|why|cause|timeline|scope|quality|budget|0 for no change|new end date|opportunity|PSA|document|project manager
        |engagement manager|account team|leadership|director|customer's confirmation|reason label|quarter|decision|date""",
    "risk": """what may happen|why|timeline|scope|quality|budget|owner|accepts|mitigates|resolves|critical|every day|high|several times a week|medium
        |low|leadership""",
    "decision": "question|options|decided|decided by|timeline|scope|quality|budget|owner|everybody concerned|change request",
    "action": "owner|due date|result",
    "project-summary": """goals and value|services delivered|deliverables|link|planned|actual|start|end|scope|burn-down|open items|owner|learned|voice of the customer
        |permission|thanks|next services|customer success|support|architecture diagram|account executive|own manager|customer contacts|attendees
        |went well|improve|lessons|process|initials|survey|closure meeting""",
    "sign-off": """signed document|reply|accepted or approved|passive|day 1|business day 5|operations manager|coordinator|top-level milestone|proof|actual dates|survey
        |closure meeting|after the survey|customer success|support|objection""",
    "financial-wrap-up": """on execution|order form|time and materials|per milestone|half up front|at completion|milestone|value|sign-off sent|sign-off received|passive
        |proof|complete in the PSA|all tasks complete|time submitted and approved|notes on entries|receipts|partner invoices|timesheets|work exceptions
        |change orders closed|survey sent|actual start|PSA status closed|finance confirms|revenue|status completed""",
    "post-mortem": """customer contacts|team|dates|statement of work|customer folder|open actions|owner|summary|timeline|root cause|why|five|branch
        |never a person|went well|next time|issue|due date|named owner|blameless|should have|label for root cause analyses|account executive|customer success manager
        |engineers|scheduled|priority|merge requests""",
    "quote-to-sign-off": """opportunity|owner|SKU|custom|scoping table|estimate|50,000|technical architect|statement of work|RDM|director|revenue|legal|MSA or PSA
        |quote exists|commit|close plan|scheduling intake|close result|quarter|booking date|welcome e-mail|kick-off|sign-off sent|sign-off received""",
    "assign-engineer": "closed won|skills|lead|soft booking|hard|people.engineers",
}  # fmt: skip

SHARED = ["engagement", "kick-off", "intake-aws", "call", "project-summary"]

QUESTIONS = """licence tier|high availability needs at least premium|new install|migration|full roll-out|reference architecture|availability|percent|geo|20 to 25 days|terraform
    |ansible|cloudformation|puppet|chef|azure|gcp|data centre|kubernetes|distribution|helm|after we leave|operating system|air-gapped|mirrored and scanned
    |proxy|through it|public or a private|issued already|load balancer|between all components|gitaly cluster|10 more nodes|architecture diagram|test environment
    |low use|monitors errors, latency, throughput, disk, cpu and memory|problems|active users|in one year|end state|vpn|data classification|approves"""
AWS_QUESTIONS = """account, region and availability zones|iam role and policy|vpc and subnets|internet and nat gateways|route tables|load balancer|dns|rds postgresql
    |elasticache redis|bastion|ssm|s3|object storage|security groups"""
ON_PREM_QUESTIONS = """appliances|nfs|hypervisor|virtual machines, cpus, memory and disk|how long|network zones|firewalls|smtp relay|ldap|saml|backups
    |load balancer|maintenance windows|change freezes"""


def rendered(kind: str, process: Process, hosting: str = "aws", **changes: Any) -> str:
    text = (ROOT / "examples" / "acme-aws.yml").read_text().replace("hosting: aws", f"hosting: {hosting}")
    if hosting != "aws":
        text = "\n".join(line for line in text.splitlines() if not line.startswith("intake:")) + "\n"
    engagement = parse_engagement("acme.yml", text, process).engagement
    assert engagement is not None
    today = engagement.today(datetime.fromisoformat("2026-11-23T09:00+01:00"))
    situation = Context(replace(engagement, **changes), process, today)
    return render_item(kind, situation, TemplateLibrary(ROOT / "issue_templates"))


def missing(phrases: str, text: str) -> list[str]:
    flat = " ".join(text.lower().split())
    return [phrase for each in phrases.split("|") if (phrase := " ".join(each.lower().split())) not in flat]


@pytest.mark.parametrize("kind", CONTENT)
def test_template_speaks_of_everything_its_item_is_for(kind: str, process: Process) -> None:
    assert missing(CONTENT[kind], rendered(kind, process)) == []


def test_every_kind_but_the_epic_has_its_content_listed(process: Process) -> None:
    assert set(CONTENT) == set(process.kinds) - {name for name, kind in process.kinds.items() if kind.is_epic}


def test_intakes_ask_the_whole_bank_and_nothing_of_the_other_hosting(process: Process) -> None:
    aws, on_prem = rendered("intake-aws", process), rendered("intake-on-prem", process, "on-prem")
    assert missing(QUESTIONS, on_prem) == []
    assert missing(ON_PREM_QUESTIONS, on_prem) == []
    assert missing(AWS_QUESTIONS, aws) == []
    assert "hypervisor" not in aws.lower()
    assert "elasticache" not in on_prem.lower()


def test_intake_lists_what_scoping_answered_and_does_not_ask_it_again(process: Process) -> None:
    text = rendered("intake-aws", process)
    known, _, asked = text.partition("## Product and size")
    assert "Which licence tier do you have?** Premium" in known
    assert "licence tier" not in asked


def test_every_question_says_why_in_one_line(process: Process) -> None:
    for group in process.questions:
        for question in group.questions:
            assert question.ask.endswith(("?", "."))
            assert question.why and "\n" not in question.why
            assert len(question.why) <= 80


@pytest.mark.parametrize("kind", SHARED)
def test_what_the_customer_reads_has_no_hours_no_health_and_no_internal_link(
    kind: str, process: Process
) -> None:
    text = rendered(kind, process)
    for secret in ("160", "crm.example", "ps-health", "acme/delivery/internal", "green", "ada@acme.example"):
        assert secret not in text


@pytest.mark.parametrize("kind", CONTENT)
def test_template_reads_well(kind: str, process: Process) -> None:
    text = rendered(kind, process)
    assert text.endswith("\n")
    assert "\n\n\n" not in text
    assert not any(line != line.rstrip() for line in text.splitlines())
    assert not any(sign in text for sign in ("None", "{{", "}}", "{%", "Undefined"))


@pytest.mark.parametrize(
    ("every_weeks", "shown"), [(1, "every Tuesday at 10:00"), (2, "every other Tuesday at 10:00")]
)
def test_epic_says_when_calls_are_as_people_say_it(every_weeks: int, shown: str, process: Process) -> None:
    calls = CallCadence(every_weeks, 1, "tuesday", "10:00", 45)
    text = rendered("engagement", process, calls=calls)
    assert f"| Calls | {shown} (Europe/Berlin), 45 minutes |" in text
    assert f"| Calls (one item each) | paul | {shown.partition(' at ')[0]} |" in text


def test_epic_says_who_leads_each_shared_item_and_until_when(process: Process) -> None:
    text = rendered("engagement", process)
    assert "| Kick-off: Acme Corp | paul | 2026-12-01 |" in text
    assert "- Professional services manager: maria\n" in text
    assert "in the project `acme/delivery/project`" in text


def test_epic_promises_a_lead_when_the_engagement_has_no_engineer_yet(process: Process) -> None:
    text = rendered("engagement", process, engineers=())
    assert "- Lead engineer: announced within days of the signature\n" in text
    assert "| Calls (one item each) | maria | every Tuesday |" in text


def test_epic_of_a_quote_says_that_items_follow_the_signature(process: Process) -> None:
    text = rendered("engagement", process, closed_won_on=None)
    assert "The items appear here once the statement of work is signed.\n" in text
    assert "| Item |" not in text
    assert "one item each" not in text


def test_intake_asks_first_what_has_to_be_answered_before_the_call(process: Process) -> None:
    text = rendered("intake-on-prem", process, "on-prem")
    _, _, asked = text.partition("## Before the call")
    early, _, late = asked.partition("## In the call")
    for group in process.questions:
        for question in group.questions:
            if question.hosting != "aws":
                assert (question.ask in early, question.ask in late) == (
                    question.before_call,
                    not question.before_call,
                )


@pytest.mark.parametrize(("hosting", "most"), [("aws", 14), ("on-prem", 16)])
def test_intake_asks_for_few_answers_before_the_call(hosting: str, most: int, process: Process) -> None:
    asked = [question for group in process.questions for question in group.questions if question.before_call]
    assert 5 <= len([question for question in asked if question.hosting in ("both", hosting)]) <= most


def test_intake_has_no_empty_part_when_everything_of_it_is_answered(process: Process) -> None:
    early = {each.id: "x" for group in process.questions for each in group.questions if each.before_call}
    late = {each.id: "x" for group in process.questions for each in group.questions if not each.before_call}
    assert "## Before the call" not in rendered("intake-aws", process, intake=early)
    assert "## In the call" not in rendered("intake-aws", process, intake=late)


def test_aws_intake_does_not_ask_what_the_hosting_answers(process: Process) -> None:
    text = rendered("intake-aws", process)
    assert "- **Hosting:** AWS\n" in text
    assert "Where will it run" not in text
    assert "on-prem" not in text


def test_every_why_reads_on_behind_why(process: Process) -> None:
    """A reason begins in lower case, unless its first word is a name, and has no full stop of its own."""
    for group in process.questions:
        for question in group.questions:
            first = question.why.split()[0]
            assert first.islower() or first in {"CI", "NFS"}, question.why
            assert not question.why.endswith(".")


@pytest.mark.parametrize("kind", SHARED)
def test_what_the_customer_reads_has_no_unexplained_short_forms(kind: str, process: Process) -> None:
    text = rendered(kind, process, intake={})
    for short in ("PSA", "TAM", "CSM", "SAE", "SKU", "RDM", "DRI"):
        assert not re.search(rf"\b{short}\b", text), short


@pytest.mark.parametrize("kind", [*CONTENT, "engagement"])
def test_tables_have_headers_that_say_something(kind: str, process: Process) -> None:
    lines = rendered(kind, process).splitlines()
    for above, line in pairwise(lines):
        if re.fullmatch(r"\|( --- \|)+", line):
            assert all(cell.strip() for cell in above.strip("|").split("|")), above


@pytest.mark.parametrize("kind", [*CONTENT, "engagement"])
def test_every_task_says_what_to_do(kind: str, process: Process) -> None:
    """GitLab makes no task of an empty checkbox."""
    assert not re.search(r"^- \[ \]\s*$", rendered(kind, process), re.MULTILINE)


@pytest.mark.parametrize("kind", [*CONTENT, "engagement"])
def test_words_raise_no_voice(kind: str, process: Process) -> None:
    text = re.sub(r"<!--.*?-->", "", rendered(kind, process))
    assert "!" not in text


def test_log_warns_when_it_lives_in_the_project_that_the_customer_sees(process: Process) -> None:
    places = GitLabPaths("acme/delivery", "acme/delivery/project", None, "acme")
    assert "the customer cannot read this project" in rendered("engagement-log", process)
    exposed = rendered("engagement-log", process, gitlab=places)
    assert "members from Planner up can read it" in exposed
    assert "cannot read" not in exposed


def test_no_free_text_is_followed_by_a_colon() -> None:
    """A text that ends in ``[issue`` would begin a reference with the colon; dates and names from config/ cannot."""
    plain = {"call.day", "row.line", "name", "role"}
    found = [
        (file.name, value)
        for file in sorted((ROOT / "issue_templates").rglob("*.md"))
        for value in re.findall(r"\{\{ ?([\w.]+)[^{}]*\}\}:", file.read_text())
        if value not in plain
    ]
    assert found == []
