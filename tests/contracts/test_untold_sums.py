"""What a payer's browser or app brings to Alipay: a question is not told who paid what of it.

Zeros stand there instead. Our books take them for nothing said, never for a gift of ours.
"""

from functools import partial

import pytest

from payments.actions import refund_orders
from payments.models import Refund
from settlements.queries import integrity
from tests.books import balance
from tests.contracts.desks import LATER, PAID_AT, Desk
from tests.rig.stage import let_machines_wait, run_jobs


@pytest.fixture
def desk(desks: dict[str, Desk]) -> Desk:
    return desks["alipay"]


@pytest.mark.parametrize("method", ["alipay_page", "alipay_wap", "alipay_app"])
def test_is_owed_in_full_and_goes_back_in_full(desk, method):
    # Given
    attempt = desk.ordered(method)
    client, action = desk.other_side.client, attempt.payer_action
    to_phone = partial(client.post, "/phone", data=action["fields"])
    opened = client.get(action["url"]) if action["url"] else to_phone()
    assert opened.status_code == 303, opened.text
    number = attempt.operation.channel_no
    desk.other_side.pay(app_id=desk.owner, out_trade_no=number, at=PAID_AT)
    owner = f"{attempt.channel_account_id}/{attempt.payment.allocations.get().merchant_id}"

    # When
    attempt = desk.ask(attempt)

    # Then the channel owes 100.00 less its fee, and what we gave away is nothing
    assert (attempt.status, attempt.payer_minor, attempt.settled_minor) == ("succeeded", None, None)
    assert (balance("1101", owner), balance("5001", owner)) == ("99.40", "0.60")

    # When all of it goes back, and the fee with it
    with desk.answering({"refund_charge_info_list": [{"refund_charge_fee": "0.60"}]}):
        refund = desk.refund(attempt, 10_000)
        let_machines_wait()
        run_jobs()
        refund_orders.query_refund(refund.pk, at=LATER, is_notified=True)

    # Then
    assert Refund.objects.get().status == "succeeded"
    assert (balance("1101", owner), balance("5001", owner)) == ("0.00", "0.00")
    assert integrity.verify().violations == []
