"""Coupons that payers use at the simulated WeChat Pay: ordered before the trade is paid."""

from dataclasses import dataclass

from payments.simulator.errors import RefusedError
from payments.simulator.json_fields import bad_request
from payments.simulator.store import Store
from payments.simulator.wechatpay.trades import Trade, TradeStatus

KINDS = ("CASH", "NOCASH")


@dataclass(frozen=True)
class Coupon:
    """One coupon: CASH was paid for beforehand by WeChat, NOCASH is the merchant's own gift."""

    id: int
    kind: str
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class CouponBook:
    """All coupons."""

    store: Store

    def of_trade(self, trade: Trade) -> list[Coupon]:
        """List the coupons of a trade, oldest first."""
        rows = self.store.rows(
            "SELECT id, kind, amount_minor FROM wechat_coupons WHERE trade_id = ? ORDER BY id",
            trade.id,
        )
        return [Coupon(**dict(row), currency=trade.currency) for row in rows]

    def give(self, trade: Trade, *, kind: str, amount_minor: int) -> None:
        """Let the payer of a trade use a coupon, in fen.

        Raises RefusedError if it is paid or closed, or if the coupons are more than the order.
        """
        if kind not in KINDS or amount_minor < 1:
            raise bad_request("kind is CASH or NOCASH, amount_minor 1 or more")
        with self.store.transaction() as connection:
            used_minor = sum(coupon.amount_minor for coupon in self.of_trade(trade))
            if trade.status != TradeStatus.NOTPAY or used_minor + amount_minor > trade.total_minor:
                detail = f"trade {trade.out_trade_no} takes no such coupon"
                raise RefusedError(status=409, code="coupon_refused", detail=detail)
            connection.execute(
                "INSERT INTO wechat_coupons (trade_id, kind, amount_minor) VALUES (?, ?, ?)",
                (trade.id, kind, amount_minor),
            )
