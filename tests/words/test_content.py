"""What each template must speak of, fact by fact, so that a reviewer can compare it with how engagements run.

Facts of the handbook of GitLab's professional services, public pages of 2018 to 2026.
"""

from datetime import datetime
from pathlib import Path

import pytest

from psbot.core.desired import facts
from psbot.core.drafts import Situation
from psbot.core.process import Process
from psbot.engagement import parse_engagement
from psbot.rendering import draft_of
from psbot.templates import Templates

ROOT = Path(__file__).parent.parent.parent

CONTENT = {
    "welcome-email": """business days|main contact|new customer|existing|training only|account team|leaders|Manager, Professional Services|lead engineer
        |champion|administrator|technical contact|stakeholder|lead decisions|coordinate|access and technical resources|business and product""",
    "kick-off": """customer|statement of work|service line|contract|planned|epic|board|RAID|shared folder|chat channel
        |project record|scoping issue|transition meeting|stakeholder planning|risks logged|collaboration project|access checked live|before anybody is invited
        |note for support|engineers, start, expected end|deck ready|steering committee|everyone invited|customer success manager informed|two business days before
        |roles and availability|goals and success criteria|dates of milestones|prerequisites|who attends|environment checked|owner and date
        |team and roles|approach and method|timeline and milestones|reporting cadence|next steps|minimum effort each week|expiry date|delay clauses
        |understanding confirmed|planning sessions booked|iteration cadence|working agreement|norms|status and time updates""",
    "intake-aws": "before the call|say it back|not applicable|risk|acceptance criteria|certificate requested first|hours|DNS hostnames|open questions|tasks",
    "intake-on-prem": "before the call|not applicable|risk|lead times|firewall",
    "call": """attendees|stakeholders|manager, account executive and customer success manager|actions from last time|progress against the plan|decisions|new risks
        |customer's questions|owner and a due date|schedule|time and money|open actions|issues and escalations|planned absence""",
    "engagement-log": """overall|good, the bad|blocks|schedule|scope|budget|Y/N|happy, frustrated, engaged or disengaged|progress in one line|until when|help needed
        |who is responsible|contributes|internal temperature|customer's temperature|RAID log and the internal epic|red""",
    "standup": "since last time towards the goal|what comes next|what help|blockers|parked|session of its own|risks|15 minutes|30|customer success manager|board",
    "change-request": """engagement epic|scoping issue|statement of work|requested by|requested on|change order|written confirmation|work at risk|work exception
        |new statement of work|what changes|why|cause|timeline|scope|quality|budget|0 included|new end date|opportunity|PSA|document|project manager
        |engagement manager|account team|leadership|director|customer's confirmation|reason label|quarter|decision|date""",
    "project-summary": """goals and value|services delivered|deliverables|link|planned|actual|start|end|scope|burn-down|open items|owner|learned|voice of the customer
        |permission|thanks|next services|customer success|support|architecture diagram|account executive|own manager|customer contacts|attendees
        |went well|improve|lessons|process|initials|survey|closure meeting""",
    "sign-off": """signed document|reply|accepted or approved|passive|day 1|business day 5|operations manager|coordinator|top-level milestone|proof|actual dates|survey
        |closure meeting|after the survey|customer success|support|objection""",
    "financial-wrap-up": """on execution|order form|time and materials|per milestone|half up front|at completion|milestone|value|sign-off sent|sign-off received|passive
        |proof|complete in the PSA|all tasks complete|time submitted and approved|notes on entries|receipts|partner invoices|timesheets|work exceptions
        |change orders closed|survey sent|actual start|PSA status closed|finance confirms|revenue|status completed""",
    "post-mortem": """customer contacts|team|dates|statement of work|customer folder|open actions|owner|summary|timeline|root cause|why|five|branch
        |never a person|went well|next time|issue|due date|named owner|blameless|should have|root cause analysis|account executive|customer success manager
        |engineers|scheduled|priority|merge requests""",
    "quote-to-sign-off": """opportunity|owner|SKU|custom|scoping table|estimate|50,000|technical architect|statement of work|RDM|director|revenue|legal|MSA or PSA
        |quote exists|commit|close plan|scheduling intake|close result|quarter|booking date|welcome e-mail|kick-off|sign-off sent|sign-off received""",
    "assign-engineer": "closed won|skills|lead|soft booking|hard|people.engineers",
}  # fmt: skip

QUESTIONS = """licence tier|high availability needs at least premium|new install|migration|full roll-out|reference architecture|availability|percent|geo|20 to 25 days|terraform
    |ansible|cloudformation|puppet|chef|azure|gcp|data centre|kubernetes|distribution|helm|after we leave|operating system|air-gapped|mirrored and scanned
    |proxy|through it|public or a private|issued already|load balancer|between all components|gitaly cluster|10 more nodes|architecture diagram|test environment
    |low use|monitors errors, latency, throughput, disk, cpu and memory|problems|active users|in one year|end state|vpn|data classification|approves"""
AWS_QUESTIONS = """account, region and availability zones|iam role and policy|vpc and subnets|internet and nat gateways|route tables|load balancer|dns|rds postgresql
    |elasticache redis|bastion|ssm|s3|object storage|security groups"""
ON_PREM_QUESTIONS = """appliances|nfs|hypervisor|virtual machines, cpus, memory and disk|how long|network zones|firewalls|smtp relay|ldap|saml|backups
    |load balancer|maintenance windows|change freezes"""


def rendered(kind: str, process: Process, hosting: str = "aws", **answers: str) -> str:
    text = (ROOT / "examples" / "acme-aws.yml").read_text().replace("hosting: aws", f"hosting: {hosting}")
    if hosting != "aws":
        text = "\n".join(line for line in text.splitlines() if not line.startswith("intake:")) + "\n"
    engagement = parse_engagement("acme.yml", text, process).engagement
    assert engagement is not None
    situation = Situation(
        engagement, process, engagement.today(datetime.fromisoformat("2026-11-23T09:00+01:00"))
    )
    templates = Templates(ROOT / "issue_templates")
    return templates.render(
        process.kinds[kind].template, facts(situation) | {"item": draft_of(kind, situation)}
    )


def missing(phrases: str, text: str) -> list[str]:
    flat = " ".join(text.lower().split())
    return [phrase for each in phrases.split("|") if (phrase := " ".join(each.lower().split())) not in flat]


@pytest.mark.parametrize("kind", CONTENT)
def test_template_speaks_of_everything_its_item_is_for(kind: str, process: Process) -> None:
    assert missing(CONTENT[kind], rendered(kind, process)) == []


def test_every_kind_but_the_epic_has_its_content_listed(process: Process) -> None:
    assert set(CONTENT) == set(process.kinds) - {process.epic_kind.name}


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


@pytest.mark.parametrize("kind", ["engagement", "kick-off", "intake-aws", "call", "project-summary"])
def test_what_the_customer_reads_tells_no_hours_no_health_and_no_internal_link(
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
