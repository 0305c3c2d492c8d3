"""Customers are separated if no customer can read the epic of another one: in its group, or in a group above."""

from dataclasses import replace

import pytest

from psbot.core.desired.customer_separation import separation_problems
from psbot.core.model.engagement import Engagement, GitLabPaths
from tests.support.builders import engagement


def at(group: str, customer: str, *, sub: str = "", members: bool = True, key: str = "") -> Engagement:
    """An engagement of *customer* with its epic in *group*, and its projects there or in *sub* below."""
    below = f"{group}/{sub}" if sub else group
    name = key or customer.lower()
    paths = GitLabPaths(group, f"{below}/{name}", f"{below}/{name}-internal", group, members)
    return replace(engagement(), key=name, customer=customer, file=f"{name}.yml", gitlab=paths)


ACME = at("services", "Acme")
GLOBEX = at("services", "Globex")


def test_two_customers_in_one_group_can_read_each_others_epics() -> None:
    found = separation_problems([ACME, GLOBEX])
    assert found == {
        "acme": (
            "as a member of services/acme, Acme (acme.yml) can read the epic of Globex (globex.yml) in services: its "
            "title, description, dates, labels and public comments",
        ),
        "globex": (
            "as a member of services/globex, Globex (globex.yml) can read the epic of Acme (acme.yml) in services: "
            "its title, description, dates, labels and public comments",
        ),
    }


@pytest.mark.parametrize("below", ["services/globex", "services/eu/globex", "Services/Globex"])
def test_epic_in_a_group_above_another_customers_project_can_be_read(below: str) -> None:
    found = separation_problems([ACME, at(below, "Globex")])
    (acme,), (globex,) = found["acme"], found["globex"]
    assert globex.startswith(
        f"as a member of {below}/globex, Globex (globex.yml) can read the epic of Acme (acme.yml)"
    )
    assert acme == (
        "the epic of Acme (acme.yml) in services can be read by the members of projects below, such as those from "
        f"Globex (globex.yml) in {below}"
    )


def test_epic_in_a_group_between_group_and_project_can_be_read() -> None:
    """The project of Acme is in a subgroup of the engagement's group, and Globex has its epic there."""
    found = separation_problems([at("acme", "Acme", sub="work"), at("acme/work", "Globex")])
    assert "can read the epic of Globex (globex.yml) in acme/work" in found["acme"][0]
    assert "can read the epic of Acme (acme.yml) in acme" in found["globex"][0]


@pytest.mark.parametrize(
    "portfolio",
    [
        [at("services/acme", "Acme"), at("services/globex", "Globex")],
        [at("services/acme", "Acme"), at("services/acme-eu", "Globex")],
        [ACME, at("services", "ACME ", key="acme-2"), at("services/acme", "acme", key="acme-3")],
        [ACME],
        [],
    ],
    ids=["a subgroup each", "a path that begins alike", "one customer", "one engagement", "none"],
)
def test_customers_with_a_subgroup_each_are_separated(portfolio: list[Engagement]) -> None:
    assert separation_problems(portfolio) == {}


def test_file_without_members_from_its_customer_gets_no_message() -> None:
    nobody = [at("services", name, members=False) for name in ("Acme", "Globex")]
    assert separation_problems(nobody) == {}
    assert separation_problems([nobody[0], at("services/globex", "Globex", members=False)]) == {}


def test_customer_with_members_still_reads_the_epic_of_one_without() -> None:
    found = separation_problems([at("services", "Acme", members=False), GLOBEX])
    assert list(found) == ["globex"]
    assert "can read the epic of Acme (acme.yml)" in found["globex"][0]


def test_many_engagements_in_one_group_are_counted() -> None:
    portfolio = [at("services", f"Customer {number}", key=f"c-{number}") for number in range(300)]
    found = separation_problems(portfolio)
    assert len(found) == 300
    assert (
        "(c-1.yml) in services, Customer 2 (c-2.yml) in services, Customer 3 (c-3.yml) in services and 296 more"
        in (found["c-0"][0])
    )
