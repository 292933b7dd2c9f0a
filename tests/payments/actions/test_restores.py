"""A database that lacks the newest published head is older than the house: all is held (F13).

A real restore is in `tests/contracts/test_restored.py`.
"""

from datetime import timedelta

import pytest
from django.core.management import call_command
from procrastinate.contrib.django.management.commands import procrastinate

from ledger import heads
from ledger.actions import seals
from ledger.heads import Head
from ledger.models import Seal
from payments.actions import holds, restores
from payments.models import ChannelOperation, DatabaseClock, HoldCover, SendingHold
from payments.queries.operations import operations_due
from tests.factories.parked import CHECKER, MAKER
from tests.factories.payments import AlipayAccountFactory
from tests.instants import NOON
from tests.rig.rows import nothing_written
from tests.rig.sealing import book, seal_everything

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOON + timedelta(minutes=20)


def publish_what_is_not_here() -> None:
    """Let the newest published head be one that this database never had."""
    with heads.appending() as published:
        published.add(
            Head(
                number=published.last_number + 1,
                hmac=b"\x07" * 32,
                cluster=7,
                totals={},
                sealed_at=NOON,
                key_id="test1" if not published.heads else published.heads[-1].key_id,
            )
        )


def order(kind: str, status: str = "prepared", **more) -> ChannelOperation:
    number = ChannelOperation.objects.count()
    made = ChannelOperation.objects.create(
        kind=kind,
        channel_account=AlipayAccountFactory(),
        channel_no=f"NO{number}",
        subject=f"no_{number}",
        amount_minor=100,
        currency="CNY",
        created_at=NOON,
    )
    for step in ["sending", status] if status != "prepared" else []:
        ChannelOperation.objects.filter(pk=made.pk).update(
            status=step, **(more if step == status else {})
        )
    return made


def test_a_database_that_has_all_that_was_published_goes_on():
    with nothing_written():
        assert restores.look_back(at=NOON) is None
    book("one")
    seal_everything()
    assert heads.published().last_number == Seal.objects.count() > 0
    with nothing_written():
        assert restores.look_back(at=NOON) is None


def test_an_older_one_is_held_once_and_asks_about_everything():
    # Given
    refund, payment, payout = order("refund"), order("pay"), order("payout")
    unknown = order("capture", "unknown", next_query_at=DatabaseClock() + timedelta(days=1))
    book("one")
    seal_everything()
    publish_what_is_not_here()

    # When
    hold = restores.look_back(at=LATER)

    # Then
    assert hold is not None
    assert (hold.covers, hold.channel_account_id) == (HoldCover.EVERYTHING, None)
    assert hold.placed_by == "task:payments.look_back"
    assert operations_due("capture", limit=9) == [unknown]
    # A refund may have been sent since; what waits for a payer, or goes by its number, waits.
    assert operations_due("refund", limit=9) == [refund]
    refund.refresh_from_db()
    assert (refund.status, refund.sends) == ("sending", 1)
    assert refund.first_sent_at is not None
    assert {ChannelOperation.objects.get(pk=other.pk).status for other in (payment, payout)} == {
        "prepared"
    }
    with nothing_written():
        assert restores.look_back(at=LATER) == hold


def test_what_was_ordered_after_the_restore_was_never_sent():
    # Given
    publish_what_is_not_here()
    restores.look_back(at=NOON)
    refund = order("refund")

    # When, Then
    with nothing_written():
        restores.look_back(at=LATER)
    refund.refresh_from_db()
    assert refund.status == "prepared"


def test_who_died_between_the_hold_and_the_orders_is_followed_by_the_next():
    # Given
    refund = order("refund")
    publish_what_is_not_here()
    holds.hold_sending(
        HoldCover.EVERYTHING, actor=restores.RESTORE_ACTOR, at=LATER, reason="It is older."
    )

    # When
    restores.look_back(at=LATER)

    # Then
    refund.refresh_from_db()
    assert refund.status == "sending"
    assert SendingHold.objects.count() == 1


def test_a_release_lasts_once_the_file_of_heads_is_begun_anew():
    # Given
    publish_what_is_not_here()
    hold = restores.look_back(at=NOON)
    asked = holds.request_release(hold.pk, actor=MAKER, at=NOON, reason="Found.")
    digest = bytes(asked.approval.digest)
    holds.approve_release(hold.pk, shown_digest=digest, decider=CHECKER, at=NOON)

    # When, Then
    again = restores.look_back(at=LATER)
    assert again is not None
    assert again.pk != hold.pk

    # When
    heads.path().unlink()
    seals.seal_all()

    # Then
    with nothing_written():
        assert restores.look_back(at=LATER) is None


@pytest.mark.parametrize(("words", "holds_back"), [(["worker"], True), (["healthchecks"], False)])
def test_a_worker_looks_before_its_first_job(monkeypatch, words, holds_back):
    # Given
    publish_what_is_not_here()
    begun = []
    monkeypatch.setattr(
        procrastinate.Command,
        "handle",
        lambda *_args, **_options: begun.append(SendingHold.objects.count()),
    )

    # When
    call_command("procrastinate", *words)

    # Then
    assert begun == [int(holds_back)]
