"""Each channel's counterpart in the simulator, and what its adapter is expected to do."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from payments.channels.base import (
    NOT_FOUND,
    Channel,
    ChannelConfig,
    OutcomeKind,
    PayRequest,
)
from payments.channels.registry import channel_for
from payments.channels.transport import Transport
from settlements.rehearsal.other_side import OtherSide
from tests.instants import NOON

_numbers = itertools.count(1)
# One key for all accounts: making one is slow, and nothing depends on which it is.
OUR_KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


@dataclass(frozen=True)
class Expectations:
    """What a channel's adapter declares, and the suite holds it to.

    `unopened` is what a query says of an order that no payer has opened, with its code.
    `is_prepay`: an order moves no money until the payer acts, so it may be sent again at once.
    `never` are the kinds of outcome that this channel cannot give.
    """

    channel: str
    methods: tuple[str, ...]
    currencies: tuple[str, ...]
    unopened: tuple[OutcomeKind, str]
    is_prepay: bool
    never: frozenset[OutcomeKind]
    acknowledgement: tuple[bytes, str]
    query_name: str
    pay_name: str


@dataclass
class Counterpart:
    """One account of ours at one simulated channel, and its people."""

    expected: Expectations
    config: ChannelConfig
    other_side: OtherSide
    transport: Transport
    currency: str

    @property
    def channel(self) -> Channel:
        """The adapter under test."""
        return channel_for(self.config, self.transport)

    def with_config(self, **changes: str) -> Channel:
        """Give the adapter of an account that is configured otherwise."""
        return channel_for(replace(self.config, **changes), self.transport)

    def order(self, **changes: object) -> PayRequest:
        """Write an order of 100.00 at noon with a number of its own."""
        wanted = PayRequest(
            channel_no=f"ATT_{next(_numbers):026}",
            amount_minor=10_000,
            currency=self.currency,
            subject="茶具 tea set",
            method=self.expected.methods[0],
            expires_at=NOON + timedelta(hours=2),
            at=NOON,
            stamped_at=NOON,
        )
        return replace(wanted, **changes)

    def open_code(self, order: PayRequest) -> None:
        """Be the payer: scan, and do not pay."""
        self._control("scan", app_id=self.config.app_id, out_trade_no=order.channel_no)

    def pay(self, order: PayRequest, *, at: datetime) -> None:
        """Be the payer: pay."""
        self.other_side.pay(app_id=self.config.app_id, out_trade_no=order.channel_no, at=at)

    def fail_next(self, kind: str, **detail: object) -> None:
        """Have the channel fail at its next call or notification of ours."""
        self._control("faults", kind=kind, app_id=self.config.app_id, **detail)

    def effects(self, order: PayRequest) -> list[str]:
        """List what the channel did under an order's number, requests left out."""
        found, after = [], 0
        while page := self.other_side.client.get(f"/control/effects?after={after}").json():
            if not page["effects"]:
                return found
            after = page["next"]
            found += [
                effect["kind"]
                for effect in page["effects"]
                if effect["number"] == order.channel_no and effect["kind"] != "request"
            ]
        return found

    def _control(self, what: str, **fields: object) -> None:
        self.other_side.client.post(f"/control/{what}", json=fields).raise_for_status()


ALIPAY = Expectations(
    channel="alipay",
    methods=("alipay_qr",),
    currencies=("CNY", "BRL"),
    unopened=(OutcomeKind.UNKNOWN, NOT_FOUND),
    is_prepay=True,
    # A payer's payment at Alipay is there or not; nothing is "being worked on".
    never=frozenset({OutcomeKind.PROCESSING}),
    acknowledgement=(b"success", "text/plain"),
    query_name="alipay.trade.query",
    pay_name="alipay.trade.precreate",
)


def alipay_counterpart(
    other_side: OtherSide, *, transport: Transport, notify_url: str, currency: str
) -> Counterpart:
    """Register an app of the test's own at the simulated Alipay."""
    number = next(_numbers)
    app_id, seller_id = f"20217000{number:08}", f"20887000{number:08}"
    alipay_key = other_side.register_app(
        app_id=app_id,
        public_key_pem=_public_pem(OUR_KEY),
        seller_id=seller_id,
        fee_bps=60,
        currency=currency,
        bank_account_no=None,
    )
    return Counterpart(
        expected=ALIPAY,
        config=ChannelConfig(
            account_id="chn_1",
            channel="alipay",
            gateway_url=f"{other_side.url}/gateway.do",
            app_id=app_id,
            merchant_no=seller_id,
            private_key_pem=private_pem(OUR_KEY),
            channel_public_key_pem=alipay_key,
            notify_url=notify_url,
        ),
        other_side=other_side,
        transport=transport,
        currency=currency,
    )


COUNTERPARTS: dict[str, Callable[..., Counterpart]] = {"alipay": alipay_counterpart}
"""How each channel of the registry is met in these tests."""


def private_pem(key: rsa.RSAPrivateKey) -> str:
    """Write a private key as it is configured."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _public_pem(key: rsa.RSAPrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
