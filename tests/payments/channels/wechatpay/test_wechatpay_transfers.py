"""Our payouts to users of WeChat, who confirm them."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.hashes import SHA1

from payments.channels.base import (
    CancellableTransfers,
    Outcome,
    OutcomeKind,
    PayerAction,
    PayerActionKind,
    TransferChannel,
    TransferRequest,
)
from payments.channels.wechatpay import transfers
from tests.payments.channels.wechatpay.platform import AT, KEY_ID

NO = "PYO01JDEXAMPLE0000000000000000"
REQUEST = TransferRequest(
    channel_no=NO,
    amount_minor=250_000,
    currency="CNY",
    account="oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
    account_type="openid",
    holder_name="张茶",
    title="Settlement of 5 January",
    remark="货款",
    stamped_at=AT,
    scene="1009",
    scene_reports=(("采购商品名称", "茶具"),),
    perception="货款",
)
TAKEN = {
    "out_bill_no": NO,
    "transfer_bill_no": "1330000071100999991182020050700019480001",
    "create_time": "2026-01-05T10:30:00+08:00",
    "state": "WAIT_USER_CONFIRM",
    "package_info": "affffddafdfafddffda==",
}
ASKED = {
    "mch_id": "1230000109",
    "appid": "wxd678efh567hg6787",
    "out_bill_no": NO,
    "transfer_bill_no": TAKEN["transfer_bill_no"],
    "state": "SUCCESS",
    "transfer_amount": 250_000,
    "transfer_remark": "货款",
    "openid": REQUEST.account,
    "create_time": TAKEN["create_time"],
    "update_time": "2026-01-05T10:31:07+08:00",
}
FAIL_REASONS = (
    *("ACCOUNT_FROZEN", "ACCOUNT_NOT_EXIST", "BANK_CARD_ACCOUNT_ABNORMAL"),
    *("DAY_RECEIVED_COUNT_EXCEED", "DAY_RECEIVED_QUOTA_EXCEED", "ID_CARD_NOT_CORRECT"),
    *("MCH_CANCEL", "MERCHANT_REJECT", "MERCHANT_NOT_CONFIRM", "NAME_NOT_CORRECT"),
    *("OPENID_INVALID", "OTHER_FAIL_REASON_TYPE", "OVERDUE_CLOSE", "PAYEE_ACCOUNT_ABNORMAL"),
    *("PAYER_ACCOUNT_ABNORMAL", "PRODUCT_AUTH_CHECK_FAIL", "REAL_NAME_CHECK_FAIL"),
    *("REALNAME_ACCOUNT_RECEIVED_QUOTA_EXCEED", "TRANSFER_QUOTA_EXCEED", "BUDGET_NOT_ENOUGH"),
    *("TRANSFER_REMARK_SET_FAIL", "TRANSFER_RISK", "TRANSFER_SCENE_INVALID"),
    *("TRANSFER_SCENE_UNAVAILABLE", "SOME_REASON_OF_NEXT_YEAR"),
)


def unsealed(text: str, platform) -> str:
    padding = OAEP(mgf=MGF1(SHA1()), algorithm=SHA1(), label=None)  # noqa: S303
    return platform.key.decrypt(base64.b64decode(text), padding).decode()


class TestWhatIsSent:
    def test_sends_a_transfer_exactly_as_the_protocol_says(
        self, channel, gateway, answers, platform
    ):
        # Given
        answers(TAKEN)

        # When
        channel.transfer(REQUEST)

        # Then
        (received,) = gateway.received
        content = json.loads(received.body)
        name = content.pop("user_name")
        assert received.target == "/v3/fund-app/mch-transfer/transfer-bills"
        assert received.headers["wechatpay-serial"] == KEY_ID
        assert "张茶" not in received.body.decode()
        assert unsealed(name, platform) == "张茶"
        assert content == {
            "appid": "wxd678efh567hg6787",
            "out_bill_no": NO,
            "transfer_scene_id": "1009",
            "openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
            "transfer_amount": 250_000,
            "transfer_remark": "货款",
            "notify_url": "https://pay.example.com/notify/chn_2/",
            "user_recv_perception": "货款",
            "transfer_scene_report_infos": [{"info_type": "采购商品名称", "info_content": "茶具"}],
        }

    @pytest.mark.parametrize(
        ("amount_minor", "holder_name", "is_named"),
        [
            (29, "张茶", False),
            (30, "张茶", True),
            (199_999, "", False),
            (200_000, "张茶", True),
        ],
    )
    def test_sends_the_name_where_it_may(
        self, channel, gateway, answers, amount_minor, holder_name, is_named
    ):
        # Given
        answers(TAKEN)

        # When
        channel.transfer(replace(REQUEST, amount_minor=amount_minor, holder_name=holder_name))

        # Then
        (received,) = gateway.received
        assert ("user_name" in json.loads(received.body)) is is_named

    def test_asks_and_calls_back_by_our_number(self, channel, gateway, answers):
        # Given
        answers(ASKED)

        # When
        channel.query_transfer(NO, at=AT)
        channel.cancel_transfer(NO, at=AT)

        # Then
        asked, called_back = gateway.received
        path = f"/v3/fund-app/mch-transfer/transfer-bills/out-bill-no/{NO}"
        assert (asked.method, asked.target, asked.body) == ("GET", path, b"")
        assert (called_back.method, called_back.target) == ("POST", f"{path}/cancel")

    @pytest.mark.parametrize(
        "change",
        [
            {"account_type": "logon_id"},
            {"account": ""},
            {"account": "o pUF8"},
            {"account": "o" * 65},
            {"channel_no": "PYO_1"},
            {"channel_no": "P" * 33},
            {"amount_minor": 0},
            {"currency": "USD"},
            {"scene": ""},
            {"scene": "goods"},
            {"scene_reports": (("采购商品名称", ""),)},
            {"holder_name": ""},
            {"holder_name": "张\n茶"},
            {"holder_name": "张" * 72},
        ],
    )
    def test_nothing_is_sent_that_breaks_a_rule(self, channel, gateway, change):
        # When
        outcome = channel.transfer(replace(REQUEST, **change))

        # Then
        assert (outcome.kind, outcome.code) == (OutcomeKind.FAILED, "REFUSED_HERE")
        assert gateway.received == []

    def test_is_declared(self, channel):
        assert isinstance(channel, TransferChannel)
        assert isinstance(channel, CancellableTransfers)


class TestTheAnswer:
    def test_waits_for_the_payee_with_what_their_device_hands_over(self, channel, answers):
        # Given
        answers(TAKEN)

        # When
        outcome = channel.transfer(REQUEST)

        # Then
        assert replace(outcome, raw="") == Outcome(
            OutcomeKind.AWAITING_PAYER,
            code="WAIT_USER_CONFIRM",
            channel_ref="1330000071100999991182020050700019480001",
            action=PayerAction(
                PayerActionKind.INVOKE,
                fields={
                    "mchId": "1230000109",
                    "appId": "wxd678efh567hg6787",
                    "package": "affffddafdfafddffda==",
                },
            ),
        )

    @pytest.mark.parametrize(
        ("state", "kind"),
        [
            ("ACCEPTED", "processing"),
            ("PROCESSING", "processing"),
            ("TRANSFERING", "processing"),
            ("CANCELING", "processing"),
            # It names no amount and no time.
            ("SUCCESS", "processing"),
            ("FAIL", "failed"),
            ("CANCELLED", "closed"),
            ("", "unknown"),
            ("NEW_STATE", "unknown"),
        ],
    )
    def test_reads_every_state_of_an_order(self, channel, answers, state, kind):
        # Given
        answers({**TAKEN, "state": state})

        # When
        outcome = channel.transfer(REQUEST)

        # Then
        assert (outcome.kind, outcome.action) == (OutcomeKind(kind), None)

    def test_is_not_believed_about_another_number(self, channel, answers):
        answers({**TAKEN, "out_bill_no": "PYO2"})

        assert channel.transfer(REQUEST).code == "OTHER_NUMBER"


class TestTheQuestion:
    @pytest.mark.parametrize("call", ["query_transfer", "cancel_transfer"])
    def test_reads_a_success_exactly(self, channel, answers, call):
        # Given
        answers(ASKED)

        # When
        outcome = getattr(channel, call)(NO, at=AT)

        # Then
        assert replace(outcome, raw="") == Outcome(
            OutcomeKind.SUCCEEDED,
            code="SUCCESS",
            channel_ref="1330000071100999991182020050700019480001",
            amount_minor=250_000,
            currency="CNY",
            paid_at=datetime(2026, 1, 5, 2, 31, 7, tzinfo=UTC),
            payer_ref=REQUEST.account,
        )

    @pytest.mark.parametrize("reason", FAIL_REASONS)
    def test_fails_by_the_state_with_the_reason_as_code(self, channel, answers, reason):
        # Given
        answers({**ASKED, "state": "FAIL", "fail_reason": reason})

        # When
        outcome = channel.query_transfer(NO, at=AT)

        # Then
        assert (outcome.kind, outcome.code) == (OutcomeKind.FAILED, reason)

    @pytest.mark.parametrize(
        ("change", "kind", "code"),
        [
            ({"state": "ACCEPTED"}, "processing", "ACCEPTED"),
            ({"state": "PROCESSING"}, "processing", "PROCESSING"),
            ({"state": "WAIT_USER_CONFIRM"}, "awaiting_payer", "WAIT_USER_CONFIRM"),
            ({"state": "TRANSFERING"}, "processing", "TRANSFERING"),
            ({"state": "CANCELING"}, "processing", "CANCELING"),
            ({"state": "CANCELLED", "fail_reason": "MCH_CANCEL"}, "closed", "CANCELLED"),
            ({"state": "FAIL"}, "failed", "FAIL"),
            ({"state": "NEW_STATE"}, "unknown", "NEW_STATE"),
            ({"state": ["SUCCESS"]}, "unknown", "UNREADABLE_ANSWER"),
            ({"transfer_amount": None}, "unknown", "UNREADABLE_ANSWER"),
            ({"transfer_amount": "250000"}, "unknown", "UNREADABLE_ANSWER"),
            ({"transfer_amount": -1}, "unknown", "UNREADABLE_ANSWER"),
            ({"update_time": ""}, "unknown", "UNREADABLE_ANSWER"),
            ({"update_time": "2026-01-05 10:31:07"}, "unknown", "UNREADABLE_ANSWER"),
            ({"out_bill_no": "PYO2"}, "unknown", "OTHER_NUMBER"),
            ({"mch_id": "1230000110"}, "unknown", "OTHER_NUMBER"),
            ({"appid": "wx1"}, "unknown", "OTHER_NUMBER"),
        ],
    )
    def test_reads_everything_else(self, channel, answers, change, kind, code):
        # Given
        answers({**ASKED, **change})

        # When
        outcome = channel.query_transfer(NO, at=AT)

        # Then
        assert (outcome.kind, outcome.code) == (OutcomeKind(kind), code)


def test_no_code_fails_a_transfer():
    """WeChat Pay warns: a code describes the request, and a new number may pay twice."""
    assert frozenset() == transfers.FAILURE_CODES
