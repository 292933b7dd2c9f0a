# ruff: noqa: F811  fixtures are imported
"""F13: a house that is restored from a backup sends nothing, asks, and finds what was done since.

The books are really dumped, go on in the old cluster, and are restored into a new one, while the
channels remember all of it.
"""

import time
from datetime import timedelta

import pytest
from procrastinate.contrib.django import app

from ledger import heads
from ledger.actions import seals
from payments.actions import attempts, holds, restores
from payments.models import ChannelOperation, HoldCover, PaymentAttempt, Refund, SendingHold
from tests.contracts.blind_resends import effect_log
from tests.contracts.desks import LATER, Desk
from tests.factories.parked import CHECKER, MAKER
from tests.factories.payments import confirmed_payment, refund_asked
from tests.ledger.test_restored import moved, new_cluster, working_in  # noqa: F401
from tests.rig.stage import let_machines_wait, run_jobs

RESTORED = LATER + timedelta(minutes=30)
REFUNDING = ("alipay.trade.refund", "wechat.refund", "unionpay.refund")


def sent(desk: Desk, number: str) -> int:
    """Count how often the order of a refund came to its channel."""
    return sum(
        effect["kind"] == "request" and effect["number"] == number and effect["method"] in REFUNDING
        for effect in effect_log(desk.other_side)
    )


def look_after_all() -> None:
    """Be the janitor and the workers, until nothing new is to be heard."""
    for _ in range(3):
        let_machines_wait()
        app.tasks["payments.janitor"](at=LATER.isoformat())
        run_jobs()


def go_on_sealing() -> None:
    """Seal until a head was published: neighbours' transactions may hold that up."""
    deadline = time.monotonic() + 240
    while not heads.published().heads:
        assert time.monotonic() < deadline, "a transaction of a neighbour never ends"
        seals.seal_all()


@pytest.fixture
def made_since(desks, new_cluster, tmp_path) -> dict[str, str]:
    """Back up before refunds of each channel leave, and a payment is heard of; then go on.

    Gives the number of each refund, by channel.
    """
    paid = {name: desk.ask(desk.paid()) for name, desk in desks.items()}
    desks["alipay"].paid()
    for attempt in paid.values():
        refund_asked(attempt.payment, amount_minor=4_000, at=LATER)
    moved(new_cluster, tmp_path)
    run_jobs()
    look_after_all()
    assert {refund.status for refund in Refund.objects.all()} == {"succeeded"}
    go_on_sealing()
    orders = ChannelOperation.objects.filter(kind="refund").select_related("channel_account")
    return {order.channel_account.channel: order.channel_no for order in orders}


def test_f13_an_older_database_sends_nothing_and_asks_until_two_people_let_it(
    desks, new_cluster, made_since
):
    with working_in(new_cluster):
        # Given what was restored: jobs that would send what was sent since
        restored = ChannelOperation.objects.filter(kind="refund")
        assert {order.status for order in restored} == {"prepared"}
        assert PaymentAttempt.objects.filter(status="awaiting_payer").count() == 1

        # When a worker starts
        restores.look_back(at=RESTORED)
        look_after_all()

        # Then nothing was sent, and all that was done since was found by asking
        for channel, number in made_since.items():
            assert sent(desks[channel], number) == 1
        assert {refund.status for refund in Refund.objects.all()} == {"succeeded"}
        assert not PaymentAttempt.objects.exclude(status="succeeded").exists()

        # And what is ordered now waits
        waiting = confirmed_payment()
        attempts.send_attempt(waiting.pk, at=RESTORED)
        assert desks["alipay"].read(waiting).status == "prepared"

        # When two people have looked, and a new file of heads was begun
        heads.path().rename(heads.path().with_suffix(".old"))
        hold = SendingHold.objects.get()
        asked = holds.request_release(hold.pk, actor=MAKER, at=RESTORED, reason="All was found.")
        digest = bytes(asked.approval.digest)
        holds.approve_release(hold.pk, shown_digest=digest, decider=CHECKER, at=RESTORED)
        assert restores.look_back(at=RESTORED) is None
        look_after_all()

        # Then it goes on
        assert hold.covers == HoldCover.EVERYTHING
        assert desks["alipay"].read(waiting).status == "awaiting_payer"
        for channel, number in made_since.items():
            assert sent(desks[channel], number) == 1
