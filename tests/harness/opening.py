"""What the harness needs before its first order: channels, merchants, a credential.

`python -m tests.harness.opening ANSWER_FILE` writes what clients must know as JSON. It connects
without proxies; the channel accounts point at the proxy of the channel.
"""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import django

from tests.harness.officers import NAMES
from tests.harness.terms import PAYER_DAY_MINOR

APP_ID, SELLER_ID = "2021900000000001", "2088900000000001"
MCHID, APPID = "1900000001", "wx0000000000000001"
MER_ID = "777290058110048"


def open_house(*, simulator_url: str, channel_url: str) -> dict[str, object]:
    """Make a marketplace with three channels, and return what its partner knows."""
    from payments.actions.credentials import issue_credential
    from payments.pricing import FeeTerms
    from risk.actions.limits import set_limit
    from risk.models import LimitDeed, LimitSubject, LimitWindow
    from settlements.rehearsal import channel_accounts, people
    from settlements.rehearsal.marketplace import Plan, open_marketplace, take_in_merchants
    from settlements.rehearsal.other_side import OtherSide

    at = datetime.now(UTC)  # noqa: TID251
    plan = Plan(
        name="Harness",
        currency="CNY",
        fee=FeeTerms(bps=200),
        payout_fee_minor=100,
        channel_fee_bps=60,
        app_id=APP_ID,
        seller_id=SELLER_ID,
        bank_account_no="11099000000000000001",
        bank_opening_minor=100_000_000,
        wechat=(MCHID, APPID),
        unionpay=MER_ID,
    )
    with OtherSide(simulator_url) as other_side:
        market = open_marketplace(plan, other_side=other_side, at=at)
    for account in (market.alipay, market.wechat, market.unionpay):
        channel_accounts.point_at(account, simulator_url=channel_url, at=at)
    merchants = take_in_merchants(market, {f"M{n}": f"Merchant {n}" for n in range(1, 9)}, at=at)
    set_limit(
        deed=LimitDeed.PAYMENT,
        subject_kind=LimitSubject.PAYER,
        window=LimitWindow.DAY,
        currency="CNY",
        value_minor=PAYER_DAY_MINOR,
        actor="user:1",
        at=at,
    )
    officers = [people.take_on(name, name=name).actor for name in NAMES]
    _, secret = issue_credential(
        name="harness",
        scopes=("payments:read", "payments:write", "refunds:read", "refunds:write", "platform"),
        merchant_id=None,
        actor="user:1",
        at=at,
    )
    return {
        "secret": secret,
        "simulator": simulator_url,
        "officers": officers,
        "merchants": [merchant.pk for merchant in merchants.values()],
        "secrets": [secret, channel_accounts.WECHAT_API_KEY, "BEGIN PRIVATE KEY"],
    }


def main() -> None:
    """Open the house and write down what its partner has to know."""
    django.setup()
    opened = open_house(
        simulator_url=os.environ["HARNESS_SIMULATOR_URL"],
        channel_url=os.environ["HARNESS_CHANNEL_URL"],
    )
    Path(sys.argv[1]).write_text(json.dumps(opened))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.harness.settings")
    main()
