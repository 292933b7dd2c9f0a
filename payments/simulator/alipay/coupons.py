"""What a payer at the simulated Alipay need not pay: Alipay does, or the merchant gives it."""

import sqlite3
from dataclasses import dataclass
from typing import Final

from payments.simulator.errors import RefusedError


@dataclass(frozen=True)
class Coupons:
    """What others than the payer pay of a trade, in its minor unit.

    `coupon_minor` is Alipay's own, and the merchant gets it all the same; `gift_minor` is the
    merchant's own, and nobody pays it.
    """

    coupon_minor: int = 0
    gift_minor: int = 0

    def require_a_part(self, total_minor: int) -> None:
        """Let them pay a part of a trade, no more; Raises RefusedError."""
        both_minor = self.coupon_minor + self.gift_minor
        if min(self.coupon_minor, self.gift_minor) < 0 or both_minor >= total_minor:
            raise RefusedError(status=400, code="bad_coupon", detail="a coupon pays a part")

    def keep(self, connection: sqlite3.Connection, *, trade_id: int) -> None:
        """Write down what there is; part of a transaction."""
        for order, minor in (
            ("INSERT INTO trade_coupons VALUES (?, ?)", self.coupon_minor),
            ("INSERT INTO trade_gifts VALUES (?, ?)", self.gift_minor),
        ):
            if minor:
                connection.execute(order, (trade_id, minor))


NO_COUPONS: Final = Coupons()
