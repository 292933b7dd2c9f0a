"""A month of a small marketplace: who sells, who buys what, and what goes wrong now and then."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from payments.models import PaymentMethod
from payments.pricing import FeeTerms
from settlements.rehearsal.marketplace import Plan
from settlements.rehearsal.till import Purchase

PLAN = Plan(
    name="Tianping Bazaar",
    currency="CNY",
    fee=FeeTerms(bps=200, fixed_minor=0, minimum_minor=10, maximum_minor=None),
    payout_fee_minor=100,
    channel_fee_bps=60,
    app_id="2021000000000001",
    seller_id="2088000000000001",
    bank_account_no="110900000000001",
    bank_opening_minor=0,
    wechat=("1900000001", "wx00000000000001"),
    unionpay="777290058110001",
    wallet=("2021000000000091", "2088000000000091"),
)
MERCHANTS = {
    "B001": "老茶馆 · Old Tea House",
    "B002": "莲花电器 · Lotus Electronics",
    "B003": "小书店 · Corner Books",
    "B004": "山野食品 · Hillside Foods",
    "B005": "云裳服饰 · Cloud Clothing",
    "B006": "木作坊 · Woodworks",
}
VISITED_MERCHANT = "B001"
"""What visitors buy, and what seldom happens, is this one's."""
BUSY = "B002"
"""A weekend of this one goes over the settlement limit and waits for a risk officer."""
CLOSED_AT_BANK = "B006"
"""The bank rejects transfers to this one: its account was closed."""
PAID_BY_ALIPAY = "B005"
"""The payouts of this one go to its Alipay account; the others have a bank."""
PAYEE_ID, PAYEE_LOGON, PAYEE_NAME = "2088000000005005", "clothing@example.com", "云裳服饰"
DAYS = 30
PER_DAY = 7
WAYS = {
    PaymentMethod.ALIPAY_QR: 30,
    PaymentMethod.WECHAT_NATIVE: 24,
    PaymentMethod.CARD_PAGE: 12,
    PaymentMethod.ALIPAY_WAP: 8,
    PaymentMethod.ALIPAY_PAGE: 6,
    PaymentMethod.WECHAT_H5: 6,
    PaymentMethod.CARD_WAP: 4,
    PaymentMethod.ALIPAY_APP: 3,
    PaymentMethod.WECHAT_APP: 3,
    PaymentMethod.WECHAT_JSAPI: 2,
    PaymentMethod.ALIPAY_MINI: 2,
}
"""Of a hundred purchases, how many are paid which way."""
TAKINGS_MINOR = {"B001": 9_000, "B002": 60_000, "B003": 6_000, "B004": 15_000, "B005": 30_000}


def purchases_of(day: date, *, zone: ZoneInfo, number: int) -> Iterator[Purchase]:
    """Yield the purchases of the month's `number`-th day, the same at every call.

    `WAYS` says how they are paid; some cards are held first and charged later, some codes are paid
    with a coupon. One in ten has two sellers, one in twenty is never paid, one in fifteen goes
    back, and one in forty is above what a payer may pay at once and is refused.
    """
    chance = random.Random(f"{number}")  # noqa: S311  a play, not a secret
    ways = random.Random(f"{number}, ways")  # noqa: S311  the same
    count = PER_DAY + chance.randrange(-3, 5)
    for place in range(count):
        at = datetime.combine(day, time(10), tzinfo=zone) + timedelta(
            seconds=chance.randrange(11 * 3600)
        )
        shares = _shares(chance, is_weekend=day.weekday() >= 5)
        purchase = Purchase(
            order_no=f"D{number:02}-{place + 1:03}",
            amount_minor=sum(shares.values()),
            shares_minor=shares,
            at=at,
            payer_no=f"payer-{chance.randrange(60):03}",
            is_paid=chance.randrange(20) > 0,
            method=ways.choices(list(WAYS), list(WAYS.values()))[0],
            is_refunded=chance.randrange(15) == 0,
        )
        yield _varied(purchase, ways)


def _varied(purchase: Purchase, ways: random.Random) -> Purchase:
    """Let some cards be charged later, and some be paid with a coupon of a tenth.

    What Alipay holds is told for how long by the real time, which is not this month's: it would
    have run out.
    """
    fate = ways.randrange(6)
    if purchase.is_refunded or not purchase.is_paid:
        return purchase
    if fate == 0 and purchase.method == PaymentMethod.CARD_PAGE:
        return replace(purchase, is_held=True)
    if fate == 1 and purchase.method == PaymentMethod.ALIPAY_QR:
        return replace(purchase, coupon_minor=purchase.amount_minor // 10)
    return purchase


def _shares(chance: random.Random, *, is_weekend: bool) -> dict[str, int]:
    sellers = list(MERCHANTS)
    weights = [3, 9 if is_weekend else 3, 3, 3, 3, 1]
    first = chance.choices(sellers, weights)[0]
    shares = {first: _price(chance, first)}
    if chance.randrange(10) == 0:
        second = chance.choice([seller for seller in sellers if seller != first])
        shares[second] = _price(chance, second)
    if chance.randrange(40) == 0:
        shares[first] += 120_000
    return shares


def _price(chance: random.Random, seller: str) -> int:
    typical = TAKINGS_MINOR.get(seller, 20_000)
    return max(100, int(typical * chance.triangular(0.3, 1.6, 0.8)))
