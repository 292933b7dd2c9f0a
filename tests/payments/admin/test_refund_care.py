# ruff: noqa: F811  fixtures are imported
"""Refunds that need a person, and who may press which button."""

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from ledger.models import AuditEntry
from payments.channels.base import Outcome, OutcomeKind
from payments.models import ChannelOperation, Refund
from tests.factories.payments import (
    FeePlanFactory,
    MerchantFactory,
    answered_refund,
    failed_refund,
    paid_payment,
    refund_asked,
    refunded,
)
from tests.factories.terms import give_account_terms
from tests.payments.admin.refund_pages import (  # noqa: F401
    at_noon,
    button,
    checker,
    held,
    maker,
    officer,
    page,
    payment,
    sellers,
    status_of,
)
from tests.rig.pages import tables, words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import actor_of

pytestmark = pytest.mark.django_db


# --- funding and asking -------------------------------------------------------------------------


@pytest.fixture
def short() -> Refund:
    """Return a refund that waits for funds: the fee is kept, so that 1.00 is missing."""
    merchant = MerchantFactory(name="Tea Co", fee_plan=FeePlanFactory(refund_policy="keep"))
    refund = refund_asked(paid_payment(merchant, amounts_minor=(5_000,)))
    assert refund.status == "funding_required"
    return refund


def test_a_refund_without_funds_says_what_is_missing_and_goes_on_when_it_is_there(maker, short):
    # Given
    draws = next(table for table in tables(maker.get(page(short))) if "Missing" in table[0])
    assert draws[1] == [
        "Tea Co",
        "50.00 CNY",
        "49.00 CNY",
        "0.00 CNY",
        "0.00 CNY",
        "0.00 CNY",
        "1.00 CNY",
    ]
    with nothing_written():
        response = maker.post(button(short, "fund"), follow=True)
    assert "There is still not enough." in words(response)

    # When
    seller = short.payment.allocations.get().merchant
    give_account_terms(seller, advance_limit_minor=100)
    response = maker.post(button(short, "fund"), follow=True)

    # Then
    assert "Funded. The channel is asked" in words(response)
    assert status_of(short) == "submitting"


def test_a_person_has_the_channel_asked(checker, payment):
    # Given
    refund = answered_refund(refund_asked(payment, shares=_of_first(payment)), _unknown())
    assert refund.status == "unknown"

    # When
    response = checker.post(button(refund, "ask"), follow=True)

    # Then
    assert "The channel is being asked." in words(response)
    asked = ProcrastinateJob.objects.get(queueing_lock=f"{refund.pk}:asked")
    assert (asked.task_name, asked.args["refund_id"]) == ("payments.query_refund", refund.pk)
    deed = AuditEntry.objects.get(action="refund.asked_about", subject=refund.pk)
    assert deed.actor == actor_of(checker)
    assert status_of(refund) == "unknown"


def test_a_refund_that_failed_and_was_made_after_all_waits_for_people(checker, payment):
    # Given
    refund = failed_refund(refund_asked(payment, shares=_of_first(payment)))
    refunded(refund)

    # When
    things = {thing.what: thing for thing in checker.get("/admin/").context["waiting"]}

    # Then
    assert things["contradicted refunds"].count == 1
    listed = checker.get(things["contradicted refunds"].url)
    assert [row.pk for row in listed.context["cl"].result_list] == [refund.pk]


def test_an_order_at_rest_is_asked_about_by_hand_too(checker, payment):
    # Given the last question was asked long ago
    refund = answered_refund(refund_asked(payment, shares=_of_first(payment)), _unknown())
    ChannelOperation.objects.filter(subject=refund.pk).update(status="manual_review")

    # When
    checker.post(button(refund, "ask"), follow=True)

    # Then
    asked = ProcrastinateJob.objects.get(queueing_lock=f"{refund.pk}:asked")
    assert (asked.args["refund_id"], asked.args["is_notified"]) == (refund.pk, True)


def test_nothing_is_asked_about_what_is_over(checker, payment):
    refund = refunded(refund_asked(payment, shares=_of_first(payment)))

    with nothing_written(but=ITS_OWN_REFUSAL):
        response = checker.post(button(refund, "ask"))

    assert response.status_code == 409


def _of_first(payment) -> dict[str, int]:
    return {payment.allocations.order_by("place").first().merchant_id: 1_000}


def _unknown() -> Outcome:
    return Outcome(OutcomeKind.UNKNOWN, code="TIMEOUT")


# --- four callers -------------------------------------------------------------------------------

BUTTONS = {
    "approve": "approve_refund",
    "reject": "approve_refund",
    "cancel": "cancel_refund",
    "fund": "request_refund",
    "ask": "ask_refund",
}


@pytest.mark.parametrize("name", [*BUTTONS, "refund"])
def test_a_stranger_is_asked_to_sign_in(client, held, payment, name):
    row = payment if name == "refund" else held

    with nothing_written():
        response = client.post(button(row, name), {"reason": "because"})

    assert (response.status_code, response["Location"].split("?")[0]) == (302, "/admin/login/")


@pytest.mark.parametrize(("name", "right"), [*BUTTONS.items(), ("refund", "request_refund")])
def test_without_the_right_it_is_refused_and_noted(held, payment, name, right):
    # Given
    others = {*BUTTONS.values()} - {right}
    client = officer(*others)
    row = payment if name == "refund" else held

    # When
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = client.post(button(row, name), {"reason": "because"})

    # Then
    noted = AuditEntry.objects.latest("pk")
    assert (response.status_code, status_of(held)) == (403, "pending_approval")
    assert (noted.actor, noted.subject, noted.reason) == (
        actor_of(client),
        row.pk,
        "permission_denied",
    )


def test_looking_at_a_button_does_nothing(maker, checker, held, payment):
    for client, row, name in (
        (maker, payment, "refund"),
        (maker, held, "cancel"),
        (maker, held, "fund"),
        (checker, held, "approve"),
        (checker, held, "reject"),
        (checker, held, "ask"),
    ):
        with nothing_written():
            assert client.get(button(row, name)).status_code == 200
