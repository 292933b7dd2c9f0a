"""Refusals: each is one decision of the caller, said in a sentence."""

import inspect

import pytest
from django.utils.functional import Promise

from ledger import errors
from ledger.errors import DomainError

CLASSES = [
    member
    for _, member in inspect.getmembers(errors, inspect.isclass)
    if issubclass(member, DomainError)
]


class BowlEmptyError(DomainError):
    """The bowl holds less than was asked."""

    code = "bowl_empty"
    detail = "The bowl of %(owner)s holds %(count)s."


def test_fills_the_facts_into_the_sentence_and_keeps_them() -> None:
    error = BowlEmptyError(owner="mer_1", count=3)

    assert str(error) == "The bowl of mer_1 holds 3."
    assert error.context == {"owner": "mer_1", "count": 3}
    assert repr(error) == "BowlEmptyError(owner='mer_1', count=3)"


def test_a_missing_fact_leaves_a_gap_and_never_hides_the_refusal() -> None:
    assert str(BowlEmptyError(owner="mer_1")) == "The bowl of mer_1 holds …."
    assert str(BowlEmptyError()) == "The bowl of … holds …."


def test_a_text_of_its_own_replaces_the_sentence_of_the_class() -> None:
    # Given
    error = BowlEmptyError("100% of %(owner)s", owner="mer_1")

    # Then: a text that cannot be filled is said as it is
    assert str(error) == "100% of %(owner)s"
    assert str(BowlEmptyError("Nothing is left for %(owner)s.", owner="mer_1")) == (
        "Nothing is left for mer_1."
    )
    assert BowlEmptyError.detail == "The bowl of %(owner)s holds %(count)s."


@pytest.mark.parametrize("refusal", CLASSES)
def test_every_refusal_tells_what_happened_and_what_to_do(refusal: type[DomainError]) -> None:
    assert inspect.getdoc(refusal), "says nothing"
    assert isinstance(refusal.detail, Promise), "cannot be translated"
    assert str(refusal()).endswith("."), "is no sentence"
    assert 400 <= refusal.status <= 599
    assert refusal.outcome in {"not_executed", "executed", "unknown"}
    assert refusal.retry in {"same_key", "new_key", "do_not"}


def test_every_code_stands_for_one_refusal() -> None:
    codes = [refusal.code for refusal in CLASSES]

    assert len(set(codes)) == len(codes)
    assert all(code == code.lower() and " " not in code for code in codes)
