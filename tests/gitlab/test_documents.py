import pytest
from graphql import parse, validate

from psbot.gitlab import documents
from tests.gitlab import contract

EVERY = [
    pytest.param(text, id=f"{number} {text.split('(')[0]}")
    for number, text in enumerate(documents.every_document())
]


@pytest.mark.parametrize("text", EVERY)
def test_document_is_valid_against_the_schema_gitlab_publishes(text: str) -> None:
    assert validate(contract.schema(), parse(text)) == []


@pytest.mark.parametrize("text", EVERY)
def test_document_stays_well_under_the_limits_of_a_query(text: str) -> None:
    assert contract.complexity(text) <= 200, "the limit is 250"
    assert len(text) < 5_000, "the limit is 10,000 characters"


def test_complexity_estimate_counts_a_page_double() -> None:
    one = contract.complexity("{ group { id } }")
    assert one == 2
    assert contract.complexity("{ group { items(first: 100) { nodes { id } } } }") == 1 + (1 + 2) * 2
