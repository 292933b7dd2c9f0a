"""F15: a genuine letter of one account changes nothing at the door of any other. C5.

Letters × doors: three channels with two accounts each.
"""

import pytest

from payments.channels.unionpay import numbers
from payments.models import ChannelNotification, Payment
from tests.contracts.desks import ACCEPTED, REFUSED, Desk
from tests.contracts.mailbox import Letter
from tests.rig.rows import nothing_written
from tests.rig.stage import run_jobs

KEPT = {"payments_channelnotification": 1}
HEARD = KEPT | {"procrastinate_jobs": 1, "procrastinate_events": 1}


def whose(desk: Desk) -> dict[str, object]:
    """Say by which fields a channel names an account of ours."""
    account = desk.account
    return {
        "alipay": {"app_id": account.app_id, "seller_id": account.merchant_no},
        "wechatpay": {"appid": account.app_id, "mchid": account.merchant_no},
        "unionpay": {"merId": account.merchant_no},
    }[desk.channel]


@pytest.fixture
def letters(desks, other_desks) -> list[tuple[Desk, Letter]]:
    """Have the first account of each channel paid; write what the second would be told."""
    found = []
    for name, desk in desks.items():
        attempt, other = desk.paid(), other_desks[name]
        genuine = desk.letter(attempt)
        found.append((desk, genuine))
        said = desk.pen.letter(genuine, whose(other), by=other.pen)
        if name == "wechatpay":
            # What it says is encrypted with the key of its reader, and both have the same.
            assert other.pen.said(said)["mchid"] == other.account.merchant_no
        found.append((other, said))
    return found


def test_f15_every_letter_is_refused_at_every_other_door(desks, other_desks, letters):
    # Given
    doors = [*desks.values(), *other_desks.values()]
    assert len(letters) == len(doors) == 6

    for owner, letter in letters:
        for door in doors:
            if door is owner:
                continue
            # When
            with nothing_written(but=KEPT):
                said = door.hand_in(letter)

            # Then
            assert said == REFUSED[door.channel], (owner.account.name, door.account.name)
            kept = ChannelNotification.objects.latest("id")
            assert kept.verdict in ("forged", "malformed")
            assert (kept.subject, kept.channel_no) == ("", "")
    assert run_jobs() == []
    assert set(Payment.objects.values_list("status", flat=True)) == {"awaiting_payment"}

    # Then at its own door each is welcome; nobody ordered anything at the second accounts
    for owner, letter in letters:
        with nothing_written(but=HEARD if owner in desks.values() else KEPT):
            assert owner.hand_in(letter) == ACCEPTED[owner.channel]
    assert run_jobs() == ["payments.query_attempt"] * 3
    assert set(Payment.objects.values_list("status", flat=True)) == {"paid"}


def test_f15_a_letter_that_names_another_accounts_order_asks_nobody(desks, other_desks):
    """The order is bound to its account: at every door there is no such number."""
    orders = {name: desk.ordered() for name, desk in desks.items()}
    for name, desk in desks.items():
        paid = desk.paid()
        names = {"alipay": "out_trade_no", "wechatpay": "out_trade_no", "unionpay": "orderId"}
        for other, order in orders.items():
            # Given a letter of this channel about an order at another channel, or at the other
            # account of the same one
            number = order.operation.channel_no
            changes: dict[str, object] = {names[name]: number}
            if name == "unionpay":
                changes["txnTime"] = numbers.txn_time(number)
            door = other_desks[name] if other == name else desk
            letter = desk.pen.letter(desk.letter(paid), {**changes, **whose(door)}, by=door.pen)

            # When
            with nothing_written(but=KEPT):
                said = door.hand_in(letter)

            # Then
            assert said == ACCEPTED[name], (name, other)
            kept = ChannelNotification.objects.latest("id")
            assert kept.subject == ""
    assert run_jobs() == []
    assert set(Payment.objects.values_list("status", flat=True)) == {"awaiting_payment"}
