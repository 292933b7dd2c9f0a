"""Every method and scene, clicked through in a browser from our page to the channel's and back."""

import pytest

from payments.models import Payment, PaymentAttempt
from settlements.queries.integrity import verify
from tests.books import assert_balances
from tests.journeys.scenes import (
    SCENES,
    choose,
    come_back,
    learn,
    leave_for,
    open_all_channels,
    pay,
)
from tests.journeys.tills import checkout_of, heading

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.method.value)
def test_is_chosen_paid_and_seen_as_paid(story, phone_of, scene):
    # Given
    open_all_channels(story)
    payment, address = checkout_of(story)
    payer = phone_of(**scene.device)

    # When
    choose(payer, scene.method, address)
    leave_for(payer, scene)
    pay(payer, scene)
    come_back(payer, scene, address=address)
    learn(story)

    # Then
    heading(payer, "Thank you, your money has arrived")
    shown = story.shown(payment)
    assert (shown["status"], shown["method"]) == ("paid", scene.method)
    assert PaymentAttempt.objects.get().status == "succeeded"
    assert Payment.objects.get().paid_at is not None
    assert_balances(story.merchants["tea"].pk, merchant_pending="98.00", service_fee="2.00")
    assert verify().violations == []
