# ruff: noqa: F811  fixtures are imported
"""Holds whose time is over at the simulated channels, over real HTTP: nobody takes them."""

from datetime import timedelta

from django.db import transaction

from payments.actions import authorisations
from payments.actions.capture_requests import CaptureRequest, request_capture
from payments.models import Void
from tests.payments.actions.hold_desk import BOTH, HELD_AT, LATER, hold, settle  # noqa: F401
from tests.rig.stage import run_jobs

# How long each lets money be held, and what it says of an order that comes later.
LAPSES_AFTER = {"alipay_qr": timedelta(days=7), "card_page": timedelta(days=30)}
LAPSED_CODE = {"alipay_qr": "ACQ.AUTH_NO_ERROR", "card_page": "35"}


@BOTH
def test_a_hold_that_lapsed_meanwhile_ends_when_the_channel_will_not_give_it_back(
    hold, simulator, method
):
    # Given
    held = hold(method)
    held.grant()
    late = HELD_AT + LAPSES_AFTER[method]
    simulator.set_clock(late)

    # When
    assert authorisations.expire_authorisations(actor="task:test", at=late) == 1
    run_jobs()
    settle(at=late)

    # Then
    void = Void.objects.select_related("operation").get()
    assert (void.status, void.operation.sends) == ("failed", 1)
    assert held.payment.status == "closing"

    # When
    assert authorisations.expire_authorisations(actor="task:test", at=late) == 1

    # Then
    assert held.authorisation.ended_at == late
    assert (held.payment.status, held.payment.status_code) == ("closed", "authorization_expired")


@BOTH
def test_what_a_channel_has_let_go_cannot_be_taken(hold, simulator, method):
    # Given: the order to take it was written in time, and sent too late
    held = hold(method)
    held.grant()
    with transaction.atomic():
        asked = request_capture(CaptureRequest(held.payment.pk), actor="key:test", at=LATER)
    simulator.set_clock(HELD_AT + LAPSES_AFTER[method])

    # When
    run_jobs()
    settle(at=HELD_AT + LAPSES_AFTER[method])

    # Then
    asked.refresh_from_db()
    assert (asked.status, asked.status_code) == ("failed", LAPSED_CODE[method])
    assert held.effects(asked.operation.channel_no) == []


def test_a_bank_holds_for_longer_than_we_do_and_gives_back_all_that_time(hold, simulator):
    # Given: the gateway has refused once to give it back
    held = hold("card_page")
    held.grant()
    ends_at = held.authorisation.expires_at
    simulator.set_clock(ends_at)
    simulator.client.post(
        "/control/unionpay/plans",
        json={"kind": "refund_refused", "app_id": held.owner, "error_code": "35"},
    ).raise_for_status()
    authorisations.expire_authorisations(actor="task:test", at=ends_at)
    run_jobs()
    settle(at=ends_at)
    assert (Void.objects.get().status, held.payment.status) == ("failed", "closing")

    # When
    later = ends_at + authorisations.RETRY
    simulator.set_clock(later)
    assert authorisations.expire_authorisations(actor="task:test", at=later) == 1
    run_jobs()
    settle(at=later)

    # Then
    assert list(Void.objects.order_by("created_at").values_list("status", flat=True)) == [
        "failed",
        "succeeded",
    ]
    assert (held.payment.status, held.authorisation.ended_code) == (
        "closed",
        "authorization_expired",
    )
