"""`/v1/payment_links`: made, listed, read and cancelled by partners."""

from datetime import timedelta

import pytest
import time_machine

from payments.models import IdempotencyRecord, PaymentLink
from tests.factories.payments import payment_link
from tests.instants import NOON
from tests.rig.partner import new_key
from tests.rig.rows import ITS_KEPT_REFUSAL, ITS_OWN_REFUSAL, nothing_written

WANTED = {"amount": 8_850, "currency": "CNY", "description": "Tea for two"}
PATH = "/v1/payment_links"


def test_a_merchant_makes_its_own(partner, merchant, settings):
    # Given
    settings.PUBLIC_URL = "https://pay.example"

    # When
    response = partner.post(PATH, {**WANTED, "single_use": False})

    # Then
    link = PaymentLink.objects.get()
    assert response.status_code == 201
    assert response["Location"].endswith(f"{PATH}/{link.pk}")
    assert response.json() == {
        "id": link.pk,
        "object": "payment_link",
        "merchant_id": merchant.pk,
        "url": f"https://pay.example/checkout/link/{link.code}",
        "amount": 8_850,
        "currency": "CNY",
        "description": "Tea for two",
        "single_use": False,
        "status": "open",
        "created_at": "2026-03-05T04:00:00Z",
        "expires_at": "2026-03-12T04:00:00Z",
        "cancelled_at": None,
    }


def test_a_replay_makes_no_second(partner):
    # Given
    key = new_key()
    first = partner.post(PATH, WANTED, key=key)

    # When, Then
    with nothing_written():
        again = partner.post(PATH, WANTED, key=key)
    assert again.content == first.content
    assert IdempotencyRecord.objects.count() == 1


def test_the_platform_names_the_merchant(platform, merchant):
    with nothing_written(but=ITS_OWN_REFUSAL):
        refused = platform.post(PATH, WANTED)
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_merchant")
    made = platform.post(PATH, {**WANTED, "merchant_id": merchant.pk})
    assert (made.status_code, made.json()["merchant_id"]) == (201, merchant.pk)


def test_nobody_makes_one_for_another_merchant(partner, other_merchant):
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = partner.post(PATH, {**WANTED, "merchant_id": other_merchant.pk})
    assert response.json()["code"] == "unknown_merchant"


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": 0},
        {"amount": "8850"},
        {"currency": "XXX"},
        {"description": "a\u202eb"},
        {"expires_at": "2026-03-05T04:00:00Z"},
        {"expires_at": "2027-03-06T04:00:00Z"},
        {"more": 1},
    ],
)
def test_what_makes_no_sense_is_refused(partner, changes):
    with nothing_written():
        assert partner.post(PATH, {**WANTED, **changes}).status_code in (400, 422)


def test_lists_and_reads_one_s_own_by_state(partner, stranger, merchant):
    # Given
    ours = payment_link(merchant)
    gone = payment_link(merchant)
    partner.post(f"{PATH}/{gone.pk}/cancel")

    # When, Then
    assert [row["id"] for row in partner.get(f"{PATH}?status=open").json()["data"]] == [ours.pk]
    # Both were made in one instant, where the order of ids means nothing.
    assert {row["id"] for row in partner.get(PATH).json()["data"]} == {gone.pk, ours.pk}
    assert partner.get(f"{PATH}/{ours.pk}").json()["amount"] == 10_000
    assert stranger.get(PATH).json()["data"] == []
    assert stranger.get(f"{PATH}/{ours.pk}").status_code == 404


def test_it_is_cancelled_by_its_merchant_alone(partner, stranger, merchant):
    # Given
    link = payment_link(merchant)

    # When, Then
    with nothing_written():
        assert stranger.post(f"{PATH}/{link.pk}/cancel").status_code == 404
    cancelled = partner.post(f"{PATH}/{link.pk}/cancel").json()
    assert (cancelled["status"], cancelled["cancelled_at"]) == ("cancelled", "2026-03-05T04:00:00Z")


def test_what_has_ended_cannot_be_cancelled(partner, merchant):
    # Given
    ended = payment_link(merchant, expires_at=NOON + timedelta(seconds=1))

    # When, Then
    with time_machine.travel(ended.expires_at, tick=False), nothing_written(but=ITS_KEPT_REFUSAL):
        response = partner.post(f"{PATH}/{ended.pk}/cancel")
    assert (response.status_code, response.json()["code"]) == (409, "payment_link_expired")
