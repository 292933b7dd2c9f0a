"""Each law of refunds finds its own fault, put there past all guards."""

import pytest

from payments.models import Refund
from settlements.queries.integrity import verify
from settlements.queries.laws_of_refunds import LAWS_OF_REFUNDS
from tests.factories.payments import (
    MerchantFactory,
    failed_refund,
    paid_payment,
    refund_asked,
    refunded,
)
from tests.rig.tampering import tamper

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def refund() -> Refund:
    """Three refunds of one payment: one succeeded, one failed, and this one is in flight."""
    payment = paid_payment(
        MerchantFactory(), MerchantFactory(), amounts_minor=(10_000, 5_000), unallocated_minor=300
    )
    first, second = payment.allocations.order_by("place")
    refunded(refund_asked(payment, shares={first.merchant_id: 4_000}, unallocated_minor=100))
    failed_refund(refund_asked(payment, shares={second.merchant_id: 5_000}))
    return refund_asked(payment, shares={first.merchant_id: 1_000}, unallocated_minor=50)


def found(*statements: str) -> dict[str, list[str]]:
    """Return what is found after tampering: `expected / found`, by law."""
    tamper(*statements)
    by_law: dict[str, list[str]] = {}
    for one in verify().violations:
        by_law.setdefault(one.law, []).append(f"{one.expected} / {one.found}")
    return by_law


def test_refunds_of_every_kind_are_sound(refund):
    report = verify()
    assert report.violations == []
    quiet = {"two_people_approved_refunds"}
    assert all(report.counts[law.code] for law in LAWS_OF_REFUNDS if law.code not in quiet)


def test_one_that_waits_for_two_people_is_sound_and_counted(settings):
    # Given
    settings.REFUND_APPROVAL_ABOVE = {}

    # When
    refund_asked(paid_payment())

    # Then
    report = verify()
    assert report.violations == []
    assert report.counts["two_people_approved_refunds"] == 1


def test_finds_a_refund_that_is_not_its_parts(refund):
    by_law = found("UPDATE payments_refund SET amount_minor = 1051 WHERE amount_minor = 1050")

    assert by_law == {"refunds_add_up": ["1051 / 1050"]}


def test_finds_more_refunded_than_was_paid(refund):
    by_law = found(
        "UPDATE payments_paymentallocation SET amount_minor = 4999, fee_minor = 99"
        " WHERE amount_minor = 10000",
        "UPDATE payments_payment SET unallocated_minor = 149",
    )

    assert sorted(by_law["refunds_are_of_what_was_paid"]) == [
        "at most 15300, nobody's 149 / 5150, nobody's 150",
        "at most 4999, of the fee 99 / 5000, of the fee 100",
    ]


def test_finds_a_refund_that_ended_otherwise_than_booked(refund):
    by_law = found("UPDATE payments_refund SET status = 'succeeded' WHERE status = 'failed'")

    assert by_law["refunds_are_booked"] == ["E05a 5000 and E05e 5000 / E05a 5000 and E05g 5000"]
    assert by_law["refunds_have_their_lines"] == ["-5000, of the fee -100 / 0, of the fee 0"]


def test_finds_a_success_without_its_booking(refund):
    by_law = found("UPDATE payments_refund SET status = 'succeeded' WHERE amount_minor = 1050")

    assert sorted(by_law["refunds_are_booked"]) == [
        "E05a 1000 and E05e 1000 / E05a 1000",
        "E05a 50 and E05e 50 / E05a 50",
    ]
    assert sorted(by_law["refunds_in_flight_are_2101"]) == ["1000 / 0", "50 / 0"]


def test_finds_a_booking_of_a_refund_that_nobody_funded(refund):
    by_law = found("UPDATE payments_refund SET status = 'cancelled' WHERE amount_minor = 1050")

    assert sorted(by_law["refunds_are_booked"]) == ["nothing / E05a 1000", "nothing / E05a 50"]


def test_finds_a_line_that_says_something_else(refund):
    by_law = found(
        "UPDATE payments_balancetransaction SET gross_minor = gross_minor - 1,"
        " fee_minor = fee_minor - 1 WHERE gross_minor = -1000"
    )

    assert by_law == {"refunds_have_their_lines": ["-1000, of the fee -20 / -1001, of the fee -21"]}


def test_finds_a_refund_that_nobody_approved(settings):
    # Given
    settings.REFUND_APPROVAL_ABOVE = {}
    refund_asked(paid_payment())

    # When
    by_law = found("UPDATE payments_refund SET status = 'funding_required'")

    # Then
    assert by_law == {
        "two_people_approved_refunds": [
            "a request approved by others / " + Refund.objects.get().approval_id + " pending"
        ]
    }
