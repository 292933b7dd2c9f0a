# ruff: noqa: F811  fixtures are imported
"""Refunds that are refused over the API, and nothing is written."""

import pytest

from ledger.identifiers import new_id
from ledger.models import AuditEntry
from tests.factories.payments import (
    MerchantFactory,
    owed_payment,
    paid_payment,
)
from tests.payments.api.refund_bodies import REFUNDS, held, payment, wanted  # noqa: F401
from tests.rig.rows import ITS_KEPT_REFUSAL, ITS_OWN_REFUSAL, nothing_written


def refused(caller, body, *, status, code, path=REFUNDS, but=ITS_KEPT_REFUSAL) -> dict:
    with nothing_written(but=but):
        response = caller.post(path, body)
    assert (response.status_code, response.json()["code"]) == (status, code), response.content
    assert response.json()["outcome"] == "not_executed"
    return response.json()


# --- refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caller", "change", "status", "code"),
    [
        ("partner", {"amount": 7_001}, 409, "refund_too_large"),
        ("partner", {"currency": "USD"}, 422, "currency_mismatch"),
        ("partner", {"unallocated": 1, "amount": 1}, 403, "foreign_share"),
        ("platform", {"amount": 1}, 422, "refund_shares_missing"),
        ("platform", {"amount": 10_001}, 409, "refund_too_large"),
        ("platform", {"unallocated": 501}, 409, "refund_too_large"),
    ],
)
def test_what_cannot_be_refunded_is_refused(request, wanted, caller, change, status, code):
    refused(request.getfixturevalue(caller), {**wanted, **change}, status=status, code=code)


def test_shares_that_do_not_add_up_are_refused(platform, wanted, merchant):
    shares = [{"merchant_id": merchant.pk, "amount": 100}]

    refused(
        platform,
        {**wanted, "amount": 101, "allocations": shares},
        status=422,
        code="refund_shares_mismatch",
    )
    refused(
        platform, {**wanted, "allocations": shares * 2}, status=422, code="refund_shares_mismatch"
    )


def test_a_merchant_cannot_refund_anothers_money(partner, wanted, other_merchant):
    shares = [{"merchant_id": other_merchant.pk, "amount": 100}]

    refused(partner, {**wanted, "allocations": shares}, status=403, code="foreign_share")


def test_a_refund_number_is_taken_for_ever(partner, wanted):
    partner.post(REFUNDS, {**wanted, "amount": 100})

    refused(partner, {**wanted, "amount": 100}, status=409, code="refund_number_taken")
    refusal = AuditEntry.objects.get(action="refund.create.refused")
    assert (refusal.subject, refusal.reason) == ("refund:RF-1", "refund_number_taken")


def test_what_was_not_paid_cannot_be_refunded(partner, wanted, merchant):
    wanted["payment_id"] = owed_payment(merchant).pk

    refused(partner, wanted, status=409, code="payment_not_paid")


def test_foreign_and_missing_payments_answer_alike(wanted, partner):
    # Given
    foreign = paid_payment(MerchantFactory()).pk
    answers = []

    # When
    for payment_id in (foreign, new_id("pay"), new_id("mer"), "17"):
        body = {**wanted, "payment_id": payment_id}
        answers.append(
            refused(
                partner,
                body,
                status=404,
                code="not_found",
            )
        )

    # Then
    for answer in answers:
        answer.pop("request_id")
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": "1"}, "amount"),
        ({"amount": 1.0}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": 10**13 + 1}, "amount"),
        ({"currency": "cny"}, "currency"),
        ({"unallocated": 0}, "unallocated"),
        ({"unallocated": "5"}, "unallocated"),
        ({"allocations": []}, "allocations"),
        ({"allocations": [{"merchant_id": "mer_1"}]}, "allocations.0.amount"),
        (
            {"allocations": [{"merchant_id": "mer_1", "amount": 1, "fee": 0}]},
            "allocations.0.fee",
        ),
        ({"reason": ""}, "reason"),
        ({"reason": "x" * 81}, "reason"),
        ({"reason": "right to left \u202e override"}, "reason"),
        ({"merchant_refund_no": "A B"}, "merchant_refund_no"),
        ({"merchant_refund_no": 17}, "merchant_refund_no"),
        ({"payment_id": None}, "payment_id"),
        ({"payment_id": "pay 1"}, "payment_id"),
        ({"metadata": {"a": 1}}, "metadata.a"),
        ({"status": "succeeded"}, "status"),
        ({"fee_returned": 0}, "fee_returned"),
        ({"merchant_id": "mer_1"}, "merchant_id"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(partner, wanted, change, field):
    # When
    problem = refused(partner, {**wanted, **change}, status=422, code="invalid_request", but={})

    # Then
    assert {row["field"] for row in problem["errors"]} == {field}


@pytest.mark.parametrize("name", ["reason", "merchant_refund_no"])
def test_a_card_number_never_gets_past_the_door(partner, wanted, name):
    change = {name: "4111111111111111"}

    refused(partner, {**wanted, **change}, status=422, code="card_number_refused", but={})


@pytest.mark.parametrize("name", ["payment_id", "merchant_refund_no", "reason"])
def test_a_needed_field_is_missed(partner, wanted, name):
    del wanted[name]

    problem = refused(partner, wanted, status=422, code="invalid_request", but={})
    assert [row["field"] for row in problem["errors"]] == [name]


@pytest.mark.parametrize("value", [True, 1, 1.5, [], {}, None, [None], {"a": 1}, [[[]]], "", "\0"])
@pytest.mark.parametrize(
    "name",
    [
        *("payment_id", "merchant_refund_no", "amount", "currency", "allocations", "unallocated"),
        *("reason", "metadata"),
    ],
)
def test_no_type_of_value_in_any_field_breaks_the_door(partner, wanted, name, value):
    assert partner.post(REFUNDS, {**wanted, name: value}).status_code < 500


def test_a_key_is_needed(partner, wanted):
    with nothing_written():
        response = partner.post(REFUNDS, wanted, key="")

    assert (response.status_code, response.json()["code"]) == (400, "idempotency_key_missing")


# --- giving up ----------------------------------------------------------------------------------


def test_who_asked_gives_up_what_waits_and_the_money_is_free_again(partner, wanted, held, payment):
    # Given
    refund_id = partner.post(REFUNDS, wanted).json()["id"]

    # When
    response = partner.post(f"{REFUNDS}/{refund_id}/cancel", {"reason": "Goods were kept"})

    # Then
    assert (response.status_code, response.json()["status"]) == (200, "cancelled")
    entry = AuditEntry.objects.get(subject=refund_id, action="refund.cancelled")
    assert (entry.reason, entry.request_id) == ("Goods were kept", response["X-Request-Id"])
    again = {**wanted, "merchant_refund_no": "RF-2"}
    assert partner.post(REFUNDS, again).json()["amount"] == 7_000


def test_what_is_on_its_way_cannot_be_cancelled(partner, wanted):
    refund_id = partner.post(REFUNDS, wanted).json()["id"]

    refused(
        partner,
        {"reason": "Too late"},
        path=f"{REFUNDS}/{refund_id}/cancel",
        status=409,
        code="illegal_move",
    )


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": 1}, {"reason": "a", "to": "b"}])
def test_a_cancellation_has_a_reason_and_nothing_else(partner, wanted, held, body):
    refund_id = partner.post(REFUNDS, wanted).json()["id"]

    refused(
        partner,
        body,
        path=f"{REFUNDS}/{refund_id}/cancel",
        status=422,
        code="invalid_request",
        but={},
    )


def test_a_merchant_cannot_cancel_what_the_platform_asked_for(partner, platform, wanted, held):
    refund_id = platform.post(REFUNDS, wanted).json()["id"]
    assert partner.get(f"{REFUNDS}/{refund_id}").json()["amount"] == 7_000

    refused(
        partner,
        {"reason": "No"},
        path=f"{REFUNDS}/{refund_id}/cancel",
        status=403,
        code="foreign_refund",
        but=ITS_OWN_REFUSAL,
    )
