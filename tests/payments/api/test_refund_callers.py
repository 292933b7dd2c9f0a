# ruff: noqa: F811  fixtures are imported
"""Whose refunds a caller sees and may ask for."""

import json

import pytest

from ledger.identifiers import new_id
from payments.models import Refund
from tests.factories.payments import (
    MerchantFactory,
)
from tests.payments.api.refund_bodies import HELD, REFUNDS, held, listed, payment, refund, wanted  # noqa: F401
from tests.rig.partner import nobody, partner_of, the_platform
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written

# --- four callers -------------------------------------------------------------------------------

CALLS = {
    "list": ("get", "", "refunds:read"),
    "retrieve": ("get", "/{refund}", "refunds:read"),
    "create": ("post", "", "refunds:write"),
    "cancel": ("post", "/{refund}/cancel", "refunds:write"),
}


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
