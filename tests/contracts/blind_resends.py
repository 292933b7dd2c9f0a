"""Find orders that moved money, or might have, and came again before anybody asked: R4, F06.

The simulator's log of effects has each request with its number and its call. Whoever does not
know what became of an order asks under its number; only then may it come again.
"""

from collections.abc import Iterable, Mapping

from settlements.rehearsal.other_side import OtherSide

ORDERS: Mapping[str, frozenset[str]] = {
    "alipay.trade.refund": frozenset({"alipay.trade.fastpay.refund.query"}),
    "alipay.trade.pay": frozenset({"alipay.trade.query"}),
    "alipay.fund.auth.order.unfreeze": frozenset({"alipay.fund.auth.operation.detail.query"}),
    "alipay.fund.trans.uni.transfer": frozenset({"alipay.fund.trans.common.query"}),
    "wechat.refund": frozenset({"wechat.refund_query"}),
    "wechat.abnormal": frozenset({"wechat.refund_query"}),
    "wechat.transfer": frozenset({"wechat.transfer_query"}),
    "unionpay.refund": frozenset({"unionpay.query"}),
    "unionpay.capture": frozenset({"unionpay.query"}),
    "unionpay.void": frozenset({"unionpay.query"}),
}
"""Each call that moves money, and the questions about it. Orders to collect move none by
themselves: a payer has to act first, so they are sent again as they please."""


_READ: dict[str, list[Mapping[str, object]]] = {}


def effect_log(other_side: OtherSide) -> list[Mapping[str, object]]:
    """Read what happened at the channels, oldest first; what was read before is not read again."""
    log = _READ.setdefault(other_side.url, [])
    while True:
        after = log[-1]["id"] if log else 0
        page = other_side.client.get(f"/control/effects?after={after}").json()["effects"]
        if not page:
            return log
        log += page


def blind_resends(log: Iterable[Mapping[str, object]]) -> list[str]:
    """Name each order that came again with no question about it in between."""
    unasked: set[tuple[object, object, object]] = set()
    found = []
    for effect in log:
        if effect["kind"] != "request" or not effect["number"]:
            continue
        owner, number, call = effect["owner"], effect["number"], str(effect["method"])
        if call in ORDERS:
            if (owner, number, call) in unasked:
                found.append(f"{call} {number} came again at effect {effect['id']}, unasked")
            unasked.add((owner, number, call))
        unasked -= {(owner, number, order) for order, asked in ORDERS.items() if call in asked}
    return found
