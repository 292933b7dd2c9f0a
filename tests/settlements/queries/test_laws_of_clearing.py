"""Clearing accounts hold what something explains, and nothing else."""

import pytest
from django.db import transaction

from ledger.actions import journal
from ledger.actions.journal import Entry, credit, debit
from ledger.queries.integrity import verify_laws
from settlements.queries.laws_of_clearing import LAWS_OF_CLEARING
from tests.factories.payments import MerchantFactory, paid_payment, refund_asked, refunded
from tests.instants import NOON, THURSDAY

pytestmark = pytest.mark.django_db(transaction=True)


def found() -> list[str]:
    violations = verify_laws(LAWS_OF_CLEARING).violations
    return [f"{one.subject}: {one.found}" for one in violations]


def park(code: str, *, subject: str = "", source: str = "by hand", side: str = "C") -> None:
    """Put money on a clearing account."""
    legs = (debit("1101", "chn_a", 500, "CNY"), credit(code, "unallocated", 500, "CNY"))
    if side == "D":
        legs = (debit(code, "unallocated", 500, "CNY"), credit("1101", "chn_a", 500, "CNY"))
    with transaction.atomic():
        journal.post_entry(
            Entry(
                source=source,
                kind="test",
                subject=subject,
                legs=legs,
                effective_date=THURSDAY,
                at=NOON,
            )
        )


def test_money_of_a_payment_explains_suspense_until_it_is_refunded():
    # Given
    payment = paid_payment(MerchantFactory(), amounts_minor=(10_000,), unallocated_minor=50)
    assert found() == []

    # When
    refunded(refund_asked(payment))

    # Then
    assert found() == []


def test_suspense_that_nothing_explains_is_told():
    park("2901", subject="pay_gone")

    assert found() == ["2901 unallocated CNY pay_gone: 500"]


def test_suspense_without_a_cause_is_told_by_its_entry():
    park("2901")

    assert found() == ["2901 unallocated CNY by hand: 500"]


@pytest.mark.parametrize(("code", "side"), [("1301", "D"), ("1901", "D"), ("2006", "C")])
def test_disputes_and_shorts_are_told_until_they_are_cleared(code, side):
    park(code, side=side, subject="dsp_1")
    assert found() == [f"{code} unallocated CNY dsp_1: 500"]

    park(code, side="C" if side == "D" else "D", subject="dsp_1", source="cleared")
    assert found() == []


def test_one_thing_does_not_explain_another():
    park("1901", side="D", subject="brk_1")
    park("1901", side="D", subject="brk_2", source="second")
    park("1901", side="C", subject="brk_1", source="cleared")

    assert found() == ["1901 unallocated CNY brk_2: 500"]
