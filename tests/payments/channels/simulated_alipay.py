"""What the tests of alipay against simulator and their neighbours share."""

import itertools
from datetime import datetime, timedelta

import pytest

from payments.channels.alipay import certificates
from payments.channels.base import (
    ChannelConfig,
    Outcome,
    PayRequest,
    RefundRequest,
    TransferRequest,
)
from payments.channels.registry import channel_for
from payments.channels.transport import Transport
from settlements.rehearsal.other_side import OtherSide
from tests.contracts.mailbox import Mailbox
from tests.instants import NOON

_numbers = itertools.count(1)


PAID_AT = NOON + timedelta(minutes=7)


LATER = NOON + timedelta(hours=2)


PAYEE = "2088000000000077"


FEE_BPS = 60


@pytest.fixture(scope="module")
def mailbox():
    mailbox = Mailbox()
    yield mailbox
    mailbox.close()


@pytest.fixture(scope="module")
def patient_transport():
    transport = Transport(connect_timeout_ms=1_000, total_timeout_ms=3_000)
    yield transport
    transport.close()


class Account:
    """One account of ours in certificate mode, and the people on the other side."""

    def __init__(self, config: ChannelConfig, transport: Transport, other_side: OtherSide) -> None:
        self.channel = channel_for(config, transport)
        self.config = config
        self._other_side = other_side

    def tell(self, what: str, **fields: object) -> None:
        """Tell the simulator something about this account."""
        path, body = f"/control/{what}", {"app_id": self.config.app_id, **fields}
        self._other_side.client.post(path, json=body).raise_for_status()

    def number(self) -> str:
        return f"NO_{self.config.app_id}_{next(_numbers)}"

    def order(self) -> str:
        """Place an order of 100.00."""
        number = self.number()
        self.channel.pay(
            PayRequest(
                channel_no=number,
                amount_minor=10_000,
                currency=self.config.account_id[-3:],
                subject="茶具 tea set",
                method="alipay_qr",
                expires_at=NOON + timedelta(hours=2),
                at=NOON,
                stamped_at=NOON,
            )
        )
        return number

    def paid_order(self) -> str:
        number = self.order()
        self._other_side.pay(app_id=self.config.app_id, out_trade_no=number, at=PAID_AT)
        self._other_side.set_clock(PAID_AT + timedelta(minutes=1))
        return number

    def refund_of(self, pay_channel_no: str, *, amount_minor: int) -> RefundRequest:
        return RefundRequest(
            channel_no=self.number(),
            pay_channel_no=pay_channel_no,
            amount_minor=amount_minor,
            total_minor=10_000,
            currency=self.config.account_id[-3:],
            reason="茶杯碎了",
            stamped_at=PAID_AT,
        )

    def ask_refund(self, request: RefundRequest, *, at: datetime = PAID_AT) -> Outcome:
        return self.channel.query_refund(
            request.channel_no, pay_channel_no=request.pay_channel_no, at=at
        )

    def transfer_of(self, amount_minor: int) -> TransferRequest:
        return TransferRequest(
            channel_no=self.number(),
            amount_minor=amount_minor,
            currency=self.config.account_id[-3:],
            account="tea@example.com",
            account_type="logon_id",
            holder_name="张茶",
            title="Settlement",
            remark="货款",
            stamped_at=NOON,
        )

    def ask_transfer(self, request: TransferRequest, *, at: datetime = NOON) -> Outcome:
        return self.channel.query_transfer(request.channel_no, at=at)


@pytest.fixture
def open_account(simulator, patient_transport, mailbox, our_keys):
    """Return a function that opens an account, in the currency that is asked for."""

    def open_one(currency: str = "CNY") -> Account:
        number = next(_numbers)
        app_id, seller_id = f"20216000{number:08}", f"20886000{number:08}"
        body = {
            "app_id": app_id,
            "public_key_pem": our_keys.public_pem,
            "seller_id": seller_id,
            "fee_bps": FEE_BPS,
            "currency": currency,
            "certificate_mode": True,
            "message_url": mailbox.url,
            "returns_fee": True,
        }
        response = simulator.client.post("/control/apps", json=body)
        response.raise_for_status()
        issued = response.json()
        config = ChannelConfig(
            account_id=f"chn_{currency}",
            channel="alipay",
            gateway_url=f"{simulator.url}/gateway.do",
            app_id=app_id,
            merchant_no=seller_id,
            private_key_pem=our_keys.private_pem,
            channel_public_key_pem=issued["alipay_cert_pem"],
            notify_url=mailbox.url,
            key_serial=certificates.certificate_sn(issued["app_cert_pem"]),
            root_cert_serial=certificates.root_cert_sn(issued["root_cert_pem"]),
        )
        payee = {"user_id": PAYEE, "logon_id": "tea@example.com", "real_name": "张茶"}
        simulator.client.post("/control/alipay/payees", json=payee).raise_for_status()
        return Account(config, patient_transport, simulator)

    return open_one


@pytest.fixture
def account(open_account):
    return open_account()
