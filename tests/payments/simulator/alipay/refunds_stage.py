"""What the tests of alipay refunds and their neighbours share."""

from tests.payments.simulator.wire import Answered

SOLD = "88.80"


def change(answer: Answered) -> tuple[object, object]:
    return answer.node.get("fund_change"), answer.node.get("refund_fee")
