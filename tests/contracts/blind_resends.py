"""Find orders that came again before anybody had heard that the channel lacks them: R3, F06.

The simulator's log of effects has each request with its number, its call and how it was answered.
Whoever does not know what became of an order asks under its number; only when the whole answer
says that there is no such order may it come again. A question that was cut, or answered with "it
is being done", gives nobody the right to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
PREPAYS: Mapping[str, frozenset[str]] = {
    **{
        f"alipay.trade.{scene}": frozenset({"alipay.trade.query"})
        for scene in ("precreate", "create")
    },
    "alipay.fund.auth.order.voucher.create": frozenset({"alipay.fund.auth.operation.detail.query"}),
    **{
        f"wechat.{scene}": frozenset({"wechat.query"}) for scene in ("native", "jsapi", "h5", "app")
    },
}
"""Each call of ours that orders what a payer may pay, and the questions about it. Who asks may
also hear that it waits for its payer: what was lost was the code, and it is asked for again."""
WHOLE = (None, "", "slow")
"""Faults after which an answer arrives as it was written."""
LACKS = frozenset(
    {
        "ACQ.TRADE_NOT_EXIST",
        "AUTH_ORDER_NOT_EXIST",
        "AUTH_OPERATION_NOT_EXIST",
        "ORDER_NOT_EXIST",
        "RESOURCE_NOT_EXISTS",
        "34",
    }
)
"""How channels say that there is no such order."""
SILENT = "alipay.trade.fastpay.refund.query"
"""Alipay says of a refund that it does not know, or that failed, nothing at all, with success."""
REMEDY = "wechat.abnormal"
"""It is about a refund that is known: what is heard is that it is abnormal still."""
_BEGUN = ("refund_accepted",)
_UNDONE = ("refund_failed",)
_PAID = ("paid", "authorised", "closed")


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


def blind_resends(
    log: Iterable[Mapping[str, object]], *, orders: Mapping[str, frozenset[str]] = ORDERS
) -> list[str]:
    """Name each order that came again when nobody had heard that it is not there."""
    unasked: set[tuple[object, object, str]] = set()
    state: dict[tuple[object, object], str] = {}
    found = []
    for effect in log:
        kind, whose = str(effect["kind"]), (effect["owner"], effect["number"])
        if kind != "request" or not effect["number"]:
            if kind in (*_BEGUN, *_UNDONE, *_PAID):
                state[whose] = kind
            continue
        call = str(effect["method"])
        if call in orders:
            if (*whose, call) in unasked:
                found.append(f"{call} {whose[1]} came again at effect {effect['id']}, unasked")
            unasked.add((*whose, call))
        elif effect.get("fault") in WHOLE:
            about = [order for order, questions in orders.items() if call in questions]
            allowed = {o for o in about if _allows(effect, order=o, state=state.get(whose, ""))}
            unasked -= {(*whose, order) for order in allowed}
    return found


def _allows(question: Mapping[str, object], *, order: str, state: str) -> bool:
    """Tell whether the whole answer to a question lets an order come again."""
    if (question.get("sub_code") or question.get("code")) in LACKS:
        return True
    if order in PREPAYS:
        return state not in _PAID
    if order == REMEDY:
        return True
    return question["method"] == SILENT and state not in _BEGUN
