"""What seldom happens, played once in this process against the simulator."""

from dataclasses import replace

import pytest
from django.core.management.base import CommandError

from ledger.models import ApprovalRequest
from payments.models import (
    Capture,
    MethodSwitch,
    ParkedMoney,
    Payment,
    RefundRemedy,
    RoutingRule,
    SendingHold,
    Void,
)
from payments.queries.authorisations import left_to_capture
from settlements.queries.integrity import verify
from settlements.rehearsal import arrangements, rarities
from settlements.rehearsal.counter import Counter
from settlements.rehearsal.marketplace import open_marketplace, take_in_merchants
from settlements.rehearsal.people import take_on
from settlements.rehearsal.rarities import Rarities
from tests.instants import NOON
from tests.rig.stage import let_machines_wait, run_jobs


@pytest.fixture
def counter(marketplace, simulator, live_server, settings):
    """Open a counter at all channels; they reach us at the live server."""
    settings.PUBLIC_URL = live_server.url
    number = marketplace.plan.app_id[-8:]
    plan = replace(
        marketplace.plan, wechat=(f"16{number}", f"wx6{number:0>15}"), unionpay=f"7776900{number}"
    )
    market = open_marketplace(plan, other_side=simulator, at=NOON)
    return Counter(
        market, simulator, take_in_merchants(market, {"tea": "Tea"}, at=NOON)["tea"], NOON
    )


@pytest.fixture
def people():
    return {
        "maker": take_on("maker", name="Maker"),
        "checker": take_on("checker", name="Checker"),
    }


def look():
    let_machines_wait()
    run_jobs()


def test_everything_happens_once_and_the_books_are_sound(counter, people):
    # Given
    play = Rarities(counter, **people, watch=look).play

    # When, and once more as after a cut
    play()
    look()
    play()

    # Then
    statuses = dict(Payment.objects.values_list("merchant_order_no", "status"))
    by_link = Payment.objects.exclude(link=None).get().merchant_order_no
    assert statuses == {
        "HELD": "paid",
        "VOID": "closed",
        "KEPT": "authorized",
        "LATE-BACK": "refunded_late",
        "LATE-ASKED": "paid_late",
        "TWICE": "paid",
        "OTHER": "conflicted",
        "UNDELIVERED": "paid",
        by_link: "paid",
    }
    assert sorted(Capture.objects.values_list("amount_minor", flat=True)) == [6_000, 8_000]
    assert sorted(Void.objects.values_list("amount_minor", flat=True)) == [4_000, 24_000]
    assert sorted(ParkedMoney.objects.values_list("amount_minor", flat=True)) == [
        *(4_500, 5_000, 6_600, 12_800)
    ]
    assert left_to_capture(Payment.objects.get(merchant_order_no="KEPT")) == 36_000
    assert RefundRemedy.objects.get().status == "pending_approval"
    assert verify().violations == []


def test_complains_when_nothing_moves(counter, people, monkeypatch):
    # Given
    monkeypatch.setattr(rarities, "PATIENCE_SECONDS", 0.1)

    # When, Then
    with pytest.raises(CommandError, match="9 payments do not get on"):
        Rarities(counter, **people, watch=lambda: None).play()


def test_what_is_arranged_leaves_one_of_each_to_decide_on(counter, people):
    # When, and again
    for _ in range(2):
        arrangements.arrange(counter.market, **people, at=NOON)

    # Then
    rules = RoutingRule.objects.order_by("priority").values_list("is_enabled", "approval__state")
    assert list(rules) == [(True, "executed"), (False, "pending")]
    assert MethodSwitch.objects.get().opened_at == NOON
    assert SendingHold.objects.filter(released_at=None).count() == 1
    assert SendingHold.objects.count() == 2
    assert ApprovalRequest.objects.filter(state="pending").count() == 2
