# ruff: noqa: F811  fixtures are imported
"""Any number of refunds at once, and never more goes back than was paid."""

from collections.abc import Callable, Sequence
from functools import partial

import pytest
from django.db.models import Sum

from ledger.identifiers import new_id
from ledger.models import JournalEntry
from payments.actions import maturity, refund_submissions, refunds
from payments.actions.refund_shares import ShareRequest
from payments.actions.refunds import RefundRequest
from payments.errors import RefundNumberTakenError, RefundTooLargeError
from payments.models import Payment, Refund, RefundAllocation
from settlements.queries import integrity
from tests.books import balance
from tests.factories.payments import (
    AlipayAccountFactory,
    FeePlanFactory,
    MerchantFactory,
    failed_refund,
    paid_payment,
    refund_asked,
)
from tests.instants import FRIDAY, NEXT_NOON, NOON
from tests.races.refund_race import PAID_MINOR, ROUNDS, THREADS, clients, living_minor  # noqa: F401
from tests.rig.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def ask(payment: Payment, amount_minor: int | None, **other: object) -> Refund:
    return refunds.start_refund(
        RefundRequest(
            payment_id=payment.pk,
            merchant_refund_no=new_id("no"),
            reason="At once",
            amount_minor=amount_minor,
            **other,
        ),
        actor="key:test",
        at=NOON,
    )


def ask_for_mine(payment: Payment, amounts_minor: Sequence[int], number: int) -> Refund:
    return ask(payment, amounts_minor[number])


def test_twenty_clients_in_fifty_rounds_never_refund_more_than_was_paid(clients):
    # Given
    merchant, channel = MerchantFactory(), AlipayAccountFactory()
    refused_in_all = 0
    for turn in range(ROUNDS):
        payment = paid_payment(merchant, channel=channel)
        amounts = [(number * 37 + turn * 61) % 1_500 + 1 for number in range(THREADS)]

        # When all ask at once
        answers = clients.all_at_once(partial(ask_for_mine, payment, amounts))

        # Then
        granted = [answer.amount_minor for answer in answers if isinstance(answer, Refund)]
        refusals = [answer for answer in answers if not isinstance(answer, Refund)]
        assert all(isinstance(refusal, RefundTooLargeError) for refusal in refusals)
        assert living_minor(payment) == sum(granted) <= PAID_MINOR
        # What was refused did not fit then, and less is left now.
        left = PAID_MINOR - sum(granted)
        assert all(
            amount > left
            for amount, answer in zip(amounts, answers, strict=True)
            if not isinstance(answer, Refund)
        )
        refused_in_all += len(refusals)
    assert refused_in_all
    booked = balance("2101", f"{channel.pk}/{merchant.pk}")
    total = Refund.objects.aggregate(minor=Sum("amount_minor"))["minor"]
    assert booked == f"{total // 100}.{total % 100:02}"
    assert integrity.verify().violations == []


def test_all_who_ask_for_everything_get_it_once(clients):
    # Given
    payment = paid_payment(MerchantFactory(), MerchantFactory(), amounts_minor=(6_000, 4_000))

    # When
    answers = clients.all_at_once(lambda number: ask(payment, None))

    # Then
    assert [type(answer) for answer in answers].count(Refund) == 1
    assert living_minor(payment) == PAID_MINOR


def test_parts_of_one_merchant_s_share_never_pass_it(clients):
    # Given
    payment = paid_payment(MerchantFactory(), MerchantFactory(), amounts_minor=(6_000, 4_000))
    first, second = payment.allocations.order_by("place")

    # When
    clients.all_at_once(
        lambda n: ask(payment, None, shares=[ShareRequest((first, second)[n % 2].merchant_id, 700)])
    )

    # Then
    sums = dict(RefundAllocation.objects.values_list("allocation_id").annotate(Sum("amount_minor")))
    assert sums == {first.pk: 5_600, second.pk: 3_500}


def test_one_number_is_one_refund(clients):
    # Given
    payment = paid_payment()
    request = RefundRequest(
        payment_id=payment.pk, merchant_refund_no="R-1", reason="Once", amount_minor=100
    )

    # When
    answers = clients.all_at_once(
        lambda number: refunds.start_refund(request, actor="key:test", at=NOON)
    )

    # Then
    assert [type(answer) for answer in answers].count(Refund) == 1
    assert [type(answer) for answer in answers].count(RefundNumberTakenError) == THREADS - 1
    assert living_minor(payment) == 100


def test_merchants_in_any_order_wait_for_one_another_and_never_for_ever(clients):
    # Given ten payments that share two merchants in both orders
    merchants, channel = [MerchantFactory(), MerchantFactory()], AlipayAccountFactory()
    payments = [
        paid_payment(*merchants[:: 1 if n % 2 else -1], amounts_minor=(500, 500), channel=channel)
        for n in range(THREADS)
    ]

    # When
    answers = clients.all_at_once(lambda number: ask(payments[number], None))

    # Then
    assert [getattr(answer, "status", answer) for answer in answers] == ["submitting"] * THREADS


def test_a_refund_and_the_maturity_of_its_money_are_one_after_the_other():
    # Given
    merchant = MerchantFactory()
    payment = paid_payment(merchant)

    # When
    results = at_once(
        lambda: ask(payment, 3_000),
        lambda: maturity.mature(currency="CNY", business_date=FRIDAY, actor="task:t", at=NEXT_NOON),
        lambda: ask(payment, 2_000),
    )

    # Then
    assert not any(isinstance(result, Exception) for result in results)
    assert balance("2002", merchant.pk) == "49.00"
    assert integrity.verify().violations == []


def test_a_failure_told_by_all_is_given_back_once(clients):
    # Given
    merchant = MerchantFactory()
    payment = paid_payment(merchant)
    refund = refund_asked(payment)

    # When
    def fail(_number: int) -> object:
        return failed_refund(Refund.objects.get(pk=refund.pk))

    answers = clients.all_at_once(lambda n: _quietly(lambda: fail(n)))

    # Then
    assert any(isinstance(answer, Refund) for answer in answers)
    assert JournalEntry.objects.filter(kind="refund_failed").count() == 1
    assert balance("2001", merchant.pk) == "98.00"


def _quietly(deed: Callable[[], object]) -> object:
    """Turn the factory's assertion, that there was a lease to be had, into an answer."""
    try:
        return deed()
    except AssertionError as error:
        return error


def test_waiting_refunds_tried_by_all_are_funded_once(clients):
    # Given two refunds of which the money is enough for one
    merchant = MerchantFactory(fee_plan=FeePlanFactory(refund_policy="keep"))
    first, second = (refund_asked(paid_payment(merchant)) for _ in range(2))
    paid_payment(merchant, amounts_minor=(300,))
    maturity.mature(currency="CNY", business_date=FRIDAY, actor="task:t", at=NEXT_NOON)

    # When
    counts = clients.all_at_once(
        lambda n: refund_submissions.fund_waiting(actor=f"user:{n}", at=NEXT_NOON)
    )

    # Then 98.00 and 98.00 and 2.94 are 198.94
    assert sum(counts) == 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("submitting", "funding_required")
    assert balance("2002", merchant.pk) == "98.94"
