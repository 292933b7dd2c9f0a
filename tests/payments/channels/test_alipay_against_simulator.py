"""Closing, refunds and transfers, against the simulated Alipay over real HTTP."""

import itertools
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from payments.channels.alipay import certificates
from payments.channels.base import (
    ChannelConfig,
    NotificationAbout,
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


class TestClose:
    def test_closes_a_trade_that_waits_for_its_payer_and_again(self, account):
        # Given
        number = account.order()
        account.tell("scan", out_trade_no=number)

        for _ in range(2):
            # When
            outcome = account.channel.close(number, at=NOON)

            # Then
            assert outcome.kind == "closed"
        assert account.channel.query(number, at=NOON).kind == "closed"

    def test_does_not_know_a_trade_that_nobody_has_scanned(self, account):
        # When
        outcome = account.channel.close(account.order(), at=NOON)

        # Then
        assert (outcome.kind, outcome.code) == ("unknown", "NOT_FOUND")

    def test_leaves_a_paid_trade_to_a_question(self, account):
        # Given
        number = account.paid_order()

        # When
        outcome = account.channel.close(number, at=PAID_AT)

        # Then
        assert (outcome.kind, outcome.code) == ("unknown", "ACQ.TRADE_STATUS_ERROR")
        assert account.channel.query(number, at=PAID_AT).kind == "succeeded"


class TestRefunds:
    @pytest.mark.parametrize("currency", ["CNY", "BRL"])
    def test_a_part_and_the_rest_go_back_with_the_fee_s_share(self, open_account, currency):
        # Given
        account = open_account(currency)
        paid = account.paid_order()
        returned_fees = []

        for amount_minor in (2_500, 7_500):
            request = account.refund_of(paid, amount_minor=amount_minor)

            # When
            ordered, asked = account.channel.refund(request), account.ask_refund(request)

            # Then
            for outcome in (ordered, asked):
                assert outcome.kind == "succeeded"
                assert (outcome.amount_minor, outcome.currency) == (amount_minor, currency)
                assert outcome.paid_at == PAID_AT + timedelta(minutes=1)
            assert ordered.fee_minor == asked.fee_minor
            returned_fees.append(asked.fee_minor)
        assert returned_fees == [15, 45]

        # And the pay query of a trade refunded in full says neither paid nor closed.
        outcome = account.channel.query(paid, at=PAID_AT)
        assert (outcome.kind, outcome.code) == ("unknown", "CLOSED_AFTER_PAYMENT")

    def test_the_same_refund_again_moves_nothing_and_is_asked_about(self, account):
        # Given
        request = account.refund_of(account.paid_order(), amount_minor=2_500)
        account.channel.refund(request)

        # When
        again = account.channel.refund(request)

        # Then
        assert again.kind == "processing"
        assert account.ask_refund(request).amount_minor == 2_500

    def test_another_refund_under_a_used_number_is_not_taken_for_the_first(self, account):
        # Given
        request = account.refund_of(account.paid_order(), amount_minor=2_500)
        account.channel.refund(request)

        # When
        outcome = account.channel.refund(replace(request, amount_minor=2_400))

        # Then
        assert (outcome.kind, outcome.code) == ("unknown", "ACQ.DISCORDANT_REPEAT_REQUEST")

    def test_more_than_is_left_fails_for_certain(self, account):
        # Given
        paid = account.paid_order()
        account.channel.refund(account.refund_of(paid, amount_minor=9_999))

        # When
        request = account.refund_of(paid, amount_minor=2)
        outcome = account.channel.refund(request)

        # Then
        assert (outcome.kind, outcome.code) == ("failed", "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL")
        assert account.ask_refund(request).code == "NOT_FOUND"

    def test_one_for_which_money_is_missing_succeeds_later_under_its_number(self, account):
        # Given
        request = account.refund_of(account.paid_order(), amount_minor=2_500)
        account.tell(
            "alipay/plans",
            kind="refund_refused",
            number=request.channel_no,
            error_code="ACQ.SELLER_BALANCE_NOT_ENOUGH",
        )

        # When
        first = account.channel.refund(request)

        # Then
        assert (first.kind, first.code) == ("unknown", "ACQ.SELLER_BALANCE_NOT_ENOUGH")
        assert account.ask_refund(request).code == "NOT_FOUND"
        assert account.channel.refund(request).kind == "succeeded"

    def test_one_that_takes_its_time_is_processing_and_then_done(self, account, simulator):
        # Given
        request = account.refund_of(account.paid_order(), amount_minor=2_500)
        account.tell(
            "alipay/plans", kind="refund_delayed", number=request.channel_no, seconds=3_600
        )

        # When
        outcome = account.channel.refund(request)

        # Then
        assert outcome.kind == "processing"
        assert account.ask_refund(request).kind == "unknown"
        simulator.set_clock(LATER)
        assert account.ask_refund(request, at=LATER).kind == "succeeded"

    @pytest.mark.parametrize("fault", ["timeout_after_commit", "http_500", "bad_signature"])
    def test_an_answer_that_is_lost_is_found_by_asking(self, account, fault):
        # Given
        request = account.refund_of(account.paid_order(), amount_minor=2_500)
        detail = {"seconds": 5} if fault.startswith("timeout") else {}
        detail |= {"after_commit": True} if fault == "http_500" else {}
        account.tell("faults", kind=fault, method="alipay.trade.refund", **detail)

        # When
        outcome = account.channel.refund(request)

        # Then
        assert outcome.kind == "unknown"
        assert account.ask_refund(request).kind == "succeeded"

    def test_its_notification_names_its_own_number(self, account, mailbox):
        # Given
        request = account.refund_of(account.paid_order(), amount_minor=2_500)

        # When
        account.channel.refund(request)
        letter = mailbox.about(request.channel_no)
        notification = account.channel.verify_notification(
            headers=letter.headers, body=letter.body, at=NOON
        )

        # Then
        assert notification.about is NotificationAbout.REFUND
        assert notification.channel_no == request.channel_no


class TestTransfers:
    @pytest.fixture
    def rich(self, account):
        """Give the account 1,000.00 in its wallet, and transfers a price of 0.50."""
        account.tell("alipay/wallets/top-up", number="1", amount_minor=100_000)
        account.tell("alipay/wallets/terms", fee_minor=50)
        return account

    def test_money_arrives_and_a_question_tells_what_it_cost(self, rich):
        # Given
        request = rich.transfer_of(49_900)

        # When
        ordered, asked = rich.channel.transfer(request), rich.ask_transfer(request)

        # Then
        assert (ordered.kind, ordered.code) == ("processing", "SUCCESS")
        assert (asked.kind, asked.code) == ("succeeded", "SUCCESS")
        assert (asked.amount_minor, asked.currency, asked.fee_minor) == (49_900, "CNY", 50)
        assert asked.paid_at == NOON
        assert asked.channel_ref == ordered.channel_ref

    def test_the_same_transfer_again_is_the_same_transfer(self, rich, simulator):
        # Given
        request = rich.transfer_of(49_900)
        first = rich.channel.transfer(request)

        # When
        second = rich.channel.transfer(request)

        # Then
        assert second.channel_ref == first.channel_ref
        wallet = simulator.client.get(f"/control/alipay/wallets/{rich.config.app_id}").json()
        assert wallet["balance_minor"] == 100_000 - 49_900 - 50

    def test_another_transfer_under_a_used_number_is_not_taken_for_the_first(self, rich):
        # Given
        request = rich.transfer_of(49_900)
        rich.channel.transfer(request)

        # When
        outcome = rich.channel.transfer(replace(request, amount_minor=100))

        # Then
        assert (outcome.kind, outcome.code) == ("unknown", "PAYMENT_INFO_INCONSISTENCY")

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"amount_minor": 100_000}, "PAYER_BALANCE_NOT_ENOUGH"),
            ({"amount_minor": 9}, "EXCEED_LIMIT_SM_MIN_AMOUNT"),
            ({"holder_name": "李茶"}, "PAYEE_USER_INFO_ERROR"),
            ({"account": "nobody@example.com"}, "PAYEE_NOT_EXIST"),
        ],
    )
    def test_what_the_channel_will_not_do_fails_for_certain(self, rich, change, code):
        # Given
        request = replace(rich.transfer_of(49_900), **change)

        # When
        outcome = rich.channel.transfer(request)

        # Then
        assert (outcome.kind, outcome.code) == ("failed", code)
        assert rich.ask_transfer(request).code == "NOT_FOUND"

    @pytest.mark.parametrize(
        ("plan", "kind", "code"),
        [
            ({"kind": "transfer_delayed"}, "succeeded", "SUCCESS"),
            (
                {"kind": "transfer_failed", "error_code": "PAYEE_USER_INFO_ERROR"},
                "failed",
                "PAYEE_USER_INFO_ERROR",
            ),
        ],
    )
    def test_one_that_takes_its_time_is_processing_until_it_ends(
        self, rich, simulator, plan, kind, code
    ):
        # Given
        request = rich.transfer_of(49_900)
        rich.tell("alipay/plans", number=request.channel_no, seconds=3_600, **plan)

        # When
        outcome = rich.channel.transfer(request)

        # Then
        assert (outcome.kind, outcome.code) == ("processing", "DEALING")
        assert rich.ask_transfer(request).kind == "processing"
        simulator.set_clock(LATER)
        asked = rich.ask_transfer(request, at=LATER)
        assert (asked.kind, asked.code) == (kind, code)

    def test_one_that_comes_back_is_returned_and_told(self, rich, mailbox):
        # Given
        request = rich.transfer_of(49_900)
        rich.channel.transfer(request)
        mailbox.about(request.channel_no)

        # When
        rich.tell("alipay/transfers/return", out_biz_no=request.channel_no)

        # Then
        letter = mailbox.about(request.channel_no)
        notification = rich.channel.verify_notification(
            headers=letter.headers, body=letter.body, at=NOON
        )
        assert notification.about is NotificationAbout.TRANSFER
        assert (notification.channel_no, notification.status) == (request.channel_no, "REFUND")
        asked = rich.ask_transfer(request)
        assert (asked.kind, asked.amount_minor) == ("returned", 49_900)

    def test_a_number_that_was_never_sent_is_not_found(self, rich):
        assert rich.ask_transfer(rich.transfer_of(1)).code == "NOT_FOUND"

    def test_an_answer_that_is_lost_is_found_by_asking(self, rich):
        # Given
        request = rich.transfer_of(49_900)
        rich.tell(
            "faults",
            kind="truncated_json",
            method="alipay.fund.trans.uni.transfer",
        )

        # When
        outcome = rich.channel.transfer(request)

        # Then
        assert (outcome.kind, outcome.code) == ("unknown", "UNREADABLE_ANSWER")
        assert rich.ask_transfer(request).kind == "succeeded"


def test_a_certificate_that_the_channel_did_not_issue_is_refused(account, patient_transport):
    # Given
    config = replace(account.config, key_serial="866efef280dec9137a87d047ac446315")
    stranger = channel_for(config, patient_transport)

    # When
    outcome = stranger.query(account.paid_order(), at=NOON)

    # Then
    assert (outcome.kind, outcome.code) == ("unknown", "isv.app-cert-not-exist")
