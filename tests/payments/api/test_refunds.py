"""`/v1/refunds` with its callers: who may ask, what they see, what is refused, what it costs."""

import json
from datetime import timedelta

import pytest

from ledger.identifiers import new_id
from ledger.models import AuditEntry
from payments.models import ChannelOperation, Refund, RefundAllocation
from tests.factories.payments import (
    AlipayAccountFactory,
    MerchantFactory,
    owed_payment,
    paid_payment,
    refund_asked,
    refunded,
)
from tests.instants import NOON
from tests.rig.partner import nobody, partner_of, the_platform
from tests.rig.rows import ITS_KEPT_REFUSAL, ITS_OWN_REFUSAL, nothing_written

REFUNDS = "/v1/refunds"
HELD = "pending_approval"


@pytest.fixture
def payment(merchant, other_merchant):
    """Return 100.00 CNY that was paid: 70.00 of it the merchant's, 25.00 another's."""
    return paid_payment(
        merchant, other_merchant, amounts_minor=(7_000, 2_500), unallocated_minor=500
    )


@pytest.fixture
def wanted(payment) -> dict:
    """Return the smallest valid refund: all that is left."""
    return {"payment_id": payment.pk, "merchant_refund_no": "RF-1", "reason": "Returned goods"}


@pytest.fixture
def held(settings):
    """Let every refund wait for another person."""
    settings.REFUND_APPROVAL_ABOVE = {}


def listed(caller, query="") -> list[str]:
    response = caller.get(f"{REFUNDS}{query}")
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["data"]]


def refused(caller, body, *, status, code, path=REFUNDS, but=ITS_KEPT_REFUSAL) -> dict:
    with nothing_written(but=but):
        response = caller.post(path, body)
    assert (response.status_code, response.json()["code"]) == (status, code), response.content
    assert response.json()["outcome"] == "not_executed"
    return response.json()


# --- asking -------------------------------------------------------------------------------------


def test_the_platform_refunds_a_part_by_allocation_and_sees_all_of_it(
    platform, wanted, payment, merchant, other_merchant
):
    # Given
    wanted |= {
        "amount": 3_600,
        "currency": "CNY",
        "allocations": [
            {"merchant_id": merchant.pk, "amount": 3_000},
            {"merchant_id": other_merchant.pk, "amount": 500},
        ],
        "unallocated": 100,
        "metadata": {"return": "17"},
    }

    # When
    response = platform.post(REFUNDS, wanted)

    # Then
    refund = Refund.objects.get()
    first, second = RefundAllocation.objects.order_by("place")
    assert response.status_code == 201
    assert response["Location"] == f"{REFUNDS}/{refund.pk}"
    assert response.json() == {
        "id": refund.pk,
        "object": "refund",
        "payment_id": payment.pk,
        "merchant_order_no": payment.merchant_order_no,
        "merchant_refund_no": "RF-1",
        "capture_id": None,
        "amount": 3_600,
        "unallocated": 100,
        "currency": "CNY",
        "status": "submitting",
        "status_code": "",
        "reason": "Returned goods",
        "metadata": {"return": "17"},
        "allocations": [
            {
                "id": first.pk,
                "object": "refund_allocation",
                "allocation_id": first.allocation_id,
                "merchant_id": merchant.pk,
                "amount": 3_000,
                "fee_returned": first.fee_returned_minor,
            },
            {
                "id": second.pk,
                "object": "refund_allocation",
                "allocation_id": second.allocation_id,
                "merchant_id": other_merchant.pk,
                "amount": 500,
                "fee_returned": second.fee_returned_minor,
            },
        ],
        "created_at": "2026-03-05T04:00:00Z",
        "succeeded_at": None,
    }
    assert (refund.merchant, refund.created_by) == (None, platform.credential)
    entry = AuditEntry.objects.get(subject=refund.pk, action="refund.requested")
    assert entry.actor == f"key:{platform.credential.pk}"


def test_a_merchant_refunds_its_own_share_and_sees_no_one_elses(partner, wanted, merchant):
    # When
    body = partner.post(REFUNDS, wanted).json()

    # Then
    assert (body["amount"], body["unallocated"]) == (7_000, 0)
    assert [row["merchant_id"] for row in body["allocations"]] == [merchant.pk]
    assert Refund.objects.get().merchant == merchant


def test_what_is_left_without_an_amount_is_what_living_refunds_left(partner, wanted):
    # Given
    partner.post(REFUNDS, {**wanted, "amount": 2_000})

    # When
    body = partner.post(REFUNDS, {**wanted, "merchant_refund_no": "RF-2"}).json()

    # Then
    assert body["amount"] == 5_000


def test_asking_again_under_the_same_key_refunds_once(partner, wanted):
    # Given
    first = partner.post(REFUNDS, wanted, key="the-same-key-0001")

    # When
    with nothing_written():
        again = partner.post(REFUNDS, wanted, key="the-same-key-0001")

    # Then
    assert again["Idempotency-Replayed"] == "true"
    assert (again.status_code, again.content) == (201, first.content)


def test_above_the_threshold_it_waits_for_a_person(partner, wanted, held):
    assert partner.post(REFUNDS, wanted).json()["status"] == HELD
    assert not ChannelOperation.objects.filter(kind="refund").exists()


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


# --- four callers -------------------------------------------------------------------------------

CALLS = {
    "list": ("get", "", "refunds:read"),
    "retrieve": ("get", "/{refund}", "refunds:read"),
    "create": ("post", "", "refunds:write"),
    "cancel": ("post", "/{refund}/cancel", "refunds:write"),
}


@pytest.fixture
def refund(payment, merchant, held):
    """Return a refund of 10.00 CNY that the merchant asked for, and that waits for a person."""
    return refund_asked(payment, amount_minor=1_000, merchant_id=merchant.pk)


def call(caller, name, refund, wanted):
    method, path, _scope = CALLS[name]
    address = REFUNDS + path.format(refund=refund.pk)
    bodies = {"create": wanted, "cancel": {"reason": "Kept"}}
    return caller.get(address) if method == "get" else caller.post(address, bodies[name])


@pytest.mark.parametrize("name", CALLS)
def test_nobody_is_401(name, refund, wanted):
    with nothing_written():
        assert call(nobody(), name, refund, wanted).status_code == 401


@pytest.mark.parametrize("name", CALLS)
def test_without_the_scope_it_is_403(name, refund, wanted, merchant):
    # Given
    method, _path, scope = CALLS[name]
    scopes = {"payments:read", "payments:write", "refunds:read", "refunds:write"} - {scope}
    caller = partner_of(merchant, *sorted(scopes))

    # When
    with nothing_written(but=ITS_OWN_REFUSAL if method == "post" else {}):
        response = call(caller, name, refund, wanted)

    # Then
    assert (response.status_code, response.json()["code"]) == (403, "missing_scope")


@pytest.mark.parametrize("name", CALLS)
def test_the_wrong_merchant_finds_nothing(name, refund, wanted, merchant):
    # When
    response = call(partner_of(MerchantFactory()), name, refund, wanted)

    # Then
    if name == "list":
        assert response.json()["data"] == []
    else:
        assert response.status_code == 404
    assert merchant.pk.encode() not in response.content
    assert Refund.objects.get().status == HELD


@pytest.mark.parametrize("name", ["list", "retrieve"])
def test_another_merchant_of_the_payment_sees_no_refund_of_mine(name, refund, wanted, stranger):
    response = call(stranger, name, refund, wanted)

    assert refund.pk.encode() not in response.content
    assert response.status_code == (200 if name == "list" else 404)


@pytest.mark.parametrize("name", CALLS)
def test_the_right_merchant_and_the_platform_may(name, refund, wanted, partner, platform):
    for caller, no in ((partner, "A"), (platform, "B")):
        body = {**wanted, "merchant_refund_no": no}
        response = call(caller, name, refund, body)
        if (name, no) == ("cancel", "B"):
            assert response.json()["code"] == "illegal_move"  # the partner was first
        else:
            assert response.status_code in (200, 201)


@pytest.mark.parametrize("name", ["create", "cancel"])
def test_a_bearer_may_not_write_outside_a_sandbox(name, refund, wanted, partner, settings):
    settings.SANDBOX = False

    with nothing_written(but=ITS_OWN_REFUSAL):
        response = call(partner, name, refund, wanted)

    assert (response.status_code, response.json()["code"]) == (403, "bearer_may_not_write")


def test_a_credential_that_lost_its_platform_scope_moves_nothing(refund, wanted):
    # Given
    caller = the_platform()
    caller.credential.scopes = ["refunds:read", "refunds:write"]
    caller.credential.save(update_fields=["scopes"])

    # When / Then
    assert listed(caller) == []
    assert call(caller, "cancel", refund, wanted).status_code == 404
    with nothing_written(but=ITS_OWN_REFUSAL):
        assert call(caller, "create", refund, wanted).status_code == 403


def test_foreign_missing_and_malformed_ids_answer_with_the_same_bytes(refund):
    # Given
    stranger = partner_of(MerchantFactory())
    names = [refund.pk, new_id("ref"), new_id("pay"), refund.pk.upper(), "17", "%00", "x" * 5_000]

    # When
    answers = {
        response.content.replace(response["X-Request-Id"].encode(), b"")
        for response in (stranger.get(f"{REFUNDS}/{name}") for name in names)
    }

    # Then
    assert len(answers) == 1
    assert json.loads(answers.pop())["code"] == "not_found"


def test_metadata_is_shown_to_its_writer_and_the_platform(partner, platform, wanted, held):
    wanted["metadata"] = {"note": "for the marketplace"}
    refund_id = platform.post(REFUNDS, wanted).json()["id"]

    assert partner.get(f"{REFUNDS}/{refund_id}").json()["metadata"] == {}
    assert platform.get(f"{REFUNDS}/{refund_id}").json()["metadata"] == wanted["metadata"]


# --- lists --------------------------------------------------------------------------------------


@pytest.fixture
def three(merchant) -> dict[str, str]:
    """Return refunds of 10.00 and 20.00 of one payment and one of 30.00, an hour later each."""
    one = paid_payment(merchant)
    two = paid_payment(merchant, at=NOON + timedelta(hours=1))
    first = refund_asked(one, amount_minor=1_000, refund_no="A-1")
    second = refunded(
        refund_asked(one, amount_minor=2_000, refund_no="A-2", at=NOON + timedelta(hours=1))
    )
    third = refund_asked(two, amount_minor=3_000, refund_no="A-3", at=NOON + timedelta(hours=2))
    operation = third.operation
    operation.channel_ref = "2026030522001"
    operation.save(update_fields=["channel_ref"])
    return {
        "first": first.pk,
        "second": second.pk,
        "third": third.pk,
        "one": one.pk,
        "order_two": two.merchant_order_no,
        "channel_no": operation.channel_no,
        "paid_as": one.attempts.get().operation.channel_no,
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["third", "second", "first"]),
        ("status=succeeded", ["second"]),
        ("status=submitting", ["third", "first"]),
        ("payment_id={one}", ["second", "first"]),
        ("currency=USD", []),
        ("merchant_refund_no=A-2", ["second"]),
        ("amount_min=2000", ["third", "second"]),
        ("amount_max=2000", ["second", "first"]),
        ("amount_min=2000&amount_max=2000", ["second"]),
        ("created_from=2026-03-05T05:00:00Z", ["third", "second"]),
        ("created_before=2026-03-05T05:00:00Z", ["first"]),
        ("payer_no=P-1", []),
        ("reference={first}", ["first"]),
        ("reference=A-3", ["third"]),
        ("reference={one}", ["second", "first"]),
        ("reference={order_two}", ["third"]),
        ("reference={channel_no}", ["third"]),
        ("reference=2026030522001", ["third"]),
        ("reference={paid_as}", ["second", "first"]),
        ("reference=unknown", []),
    ],
)
@pytest.mark.parametrize("caller", ["partner", "platform"])
def test_filters(request, three, caller, query, names):
    found = listed(request.getfixturevalue(caller), "?" + query.format(**three))

    assert found == [three[name] for name in names]


def test_a_reference_opens_nothing_of_others(three, stranger):
    for number in three.values():
        assert listed(stranger, f"?reference={number}") == []


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("status=lost", "status", "invalid_choice"),
        ("status=failed&status=failed", "status", "repeated_parameter"),
        ("status__in=failed", "status__in", "unknown_parameter"),
        ("amount_min=1.5", "amount_min", "invalid"),
        ("amount_min=2&amount_max=1", "amount_max", "reversed_range"),
        ("created_from=2026-03-05", "created_from", "invalid"),
        ("reference=%00", "reference", "null_characters_not_allowed"),
        ("reference=" + "x" * 81, "reference", "max_length"),
        ("limit=101", "limit", "invalid_limit"),
        ("cursor=tampered", "cursor", "invalid_cursor"),
    ],
)
def test_a_parameter_that_cannot_be_obeyed_is_refused(partner, query, field, code):
    response = partner.get(f"{REFUNDS}?{query}")

    assert response.status_code == 422
    assert [(row["field"], row["code"]) for row in response.json()["errors"]] == [(field, code)]


def test_lists_the_newest_first_in_pages(partner, three):
    # When
    first = partner.get(f"{REFUNDS}?limit=2").json()
    second = partner.get(f"{REFUNDS}?limit=2&cursor={first['next_cursor']}").json()

    # Then
    found = [row["id"] for row in first["data"] + second["data"]]
    assert found == [three["third"], three["second"], three["first"]]
    assert (first["has_more"], second["has_more"], second["next_cursor"]) == (True, False, None)


def test_the_amount_filter_looks_at_what_the_caller_sees(partner, platform, payment):
    refund_asked(payment)

    assert listed(partner, "?amount_min=7001") == []
    assert len(listed(partner, "?amount_max=7000")) == 1
    assert len(listed(platform, "?amount_min=10000")) == 1


def test_the_platform_may_ask_for_one_merchants(platform, partner, payment, other_merchant):
    both = refund_asked(payment).pk

    assert listed(platform, f"?merchant_id={other_merchant.pk}") == [both]
    assert listed(platform, f"?merchant_id={new_id('mer')}") == []
    assert listed(partner, f"?merchant_id={other_merchant.pk}") == []


@pytest.mark.parametrize("count", [1, 6])
def test_a_page_costs_the_same_however_long_it_is(
    platform, merchant, count, django_assert_num_queries
):
    # Given
    channel = AlipayAccountFactory()
    for _ in range(count):
        refund_asked(
            paid_payment(merchant, MerchantFactory(), amounts_minor=(50, 60), channel=channel)
        )
    platform.get(REFUNDS)

    # When / Then: the credential, the refunds with their payments, the shares
    with django_assert_num_queries(3):
        assert len(listed(platform, "?limit=100")) == count
