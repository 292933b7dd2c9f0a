import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from payments.channels.base import Outcome, OutcomeKind, RefundRequest
from payments.channels.wechatpay import refunds
from tests.payments.channels.gateway import Reply
from tests.payments.channels.wechatpay.platform import AT

NO = "ATT_01jdexample00000000000000"
REFUND_NO = "RFD_01jdexample00000000000000"
REQUEST = RefundRequest(
    channel_no=REFUND_NO,
    pay_channel_no=NO,
    amount_minor=500,
    total_minor=1234,
    currency="CNY",
    reason="商品已售完",
    stamped_at=AT,
)
TAKEN = {
    "refund_id": "50000000382019052709732678859",
    "out_refund_no": REFUND_NO,
    "transaction_id": "4200001000202601050000000001",
    "out_trade_no": NO,
    "channel": "ORIGINAL",
    "user_received_account": "招商银行信用卡0403",
    "create_time": "2026-01-05T10:30:00+08:00",
    "status": "PROCESSING",
    "amount": {"total": 1234, "refund": 500, "payer_refund": 500, "currency": "CNY"},
}
DONE = {**TAKEN, "status": "SUCCESS", "success_time": "2026-01-05T10:32:10+08:00"}


def ask(channel) -> Outcome:
    return channel.query_refund(REFUND_NO, pay_channel_no=NO, at=AT)


class TestWhatIsSent:
    def test_orders_a_refund_exactly_as_the_protocol_says(self, channel, gateway, answers):
        # Given
        answers(TAKEN)

        # When
        channel.refund(REQUEST)

        # Then
        (received,) = gateway.received
        assert (received.method, received.target) == ("POST", "/v3/refund/domestic/refunds")
        assert received.body.decode() == (
            f'{{"out_trade_no":"{NO}","out_refund_no":"{REFUND_NO}","reason":"商品已售完",'
            '"notify_url":"https://pay.example.com/notify/chn_2/",'
            '"amount":{"refund":500,"total":1234,"currency":"CNY"}}'
        )

    def test_says_the_same_whenever_it_is_repeated(self, channel, gateway, answers):
        # Given
        answers(TAKEN)

        # When
        for _ in range(3):
            channel.refund(REQUEST)

        # Then
        assert len({received.body for received in gateway.received}) == 1

    @pytest.mark.parametrize(
        ("reason", "sent"),
        [
            ("", None),
            (" \0", None),
            ("茶" * 300, "茶" * 26),
            ("x" * 300, "x" * 80),
        ],
    )
    def test_gives_a_reason_that_the_channel_takes_or_none(
        self, channel, gateway, answers, reason, sent
    ):
        # Given
        answers(TAKEN)

        # When
        channel.refund(replace(REQUEST, reason=reason))

        # Then
        assert json.loads(gateway.received[-1].body).get("reason") == sent

    def test_asks_by_the_refund_s_number(self, channel, gateway, answers):
        # Given
        answers(TAKEN)

        # When
        channel.query_refund("R@1|2", pay_channel_no=NO, at=AT)

        # Then
        (received,) = gateway.received
        assert (received.method, received.target, received.body) == (
            "GET",
            "/v3/refund/domestic/refunds/R%401%7C2",
            b"",
        )

    @pytest.mark.parametrize(
        "change",
        [
            {"channel_no": ""},
            {"channel_no": "x" * 65},
            {"channel_no": "退1"},
            {"channel_no": "a.b"},
            {"pay_channel_no": "12345"},
            {"pay_channel_no": "x" * 33},
            {"amount_minor": 0},
            {"amount_minor": -1},
            {"amount_minor": 1235},
            {"currency": "XXX"},
        ],
    )
    def test_fails_a_refund_that_the_channel_cannot_take_and_sends_nothing(
        self, channel, gateway, change
    ):
        # When
        outcome = channel.refund(replace(REQUEST, **change))

        # Then
        assert (outcome.kind, outcome.code) == (OutcomeKind.FAILED, "REFUSED_HERE")
        assert outcome.message
        assert gateway.received == []


class TestRefund:
    @pytest.mark.parametrize(
        ("content", "kind"),
        [
            (TAKEN, "processing"),
            (DONE, "succeeded"),
            ({**TAKEN, "status": "CLOSED"}, "failed"),
            # It was taken; what became of it, only a query tells.
            ({**TAKEN, "status": "ABNORMAL"}, "processing"),
        ],
    )
    def test_reads_the_state_of_what_was_taken(self, channel, answers, content, kind):
        # Given
        answers(content)

        # When
        outcome = channel.refund(REQUEST)

        # Then
        assert (outcome.kind, outcome.code) == (kind, content["status"])
        assert outcome.channel_ref == "50000000382019052709732678859"
        assert (outcome.amount_minor, outcome.currency) == (500, "CNY")

    @pytest.mark.parametrize(
        ("status", "code"), [(400, "PARAM_ERROR"), (403, "USER_ACCOUNT_ABNORMAL")]
    )
    def test_fails_for_the_codes_of_the_closed_list(self, channel, answers, status, code):
        # Given
        assert code in refunds.FAILURE_CODES
        assert len(refunds.FAILURE_CODES) == 2
        answers({"code": code, "message": "此状态代表退款申请失败"}, status=status)

        # When
        outcome = channel.refund(REQUEST)

        # Then
        assert (outcome.kind, outcome.code) == ("failed", code)
        assert outcome.message == "此状态代表退款申请失败"

    @pytest.mark.parametrize(
        ("status", "code"),
        [
            # Sent again under the same number once it is put right.
            (403, "NOT_ENOUGH"),
            (403, "NO_AUTH"),
            (401, "SIGN_ERROR"),
            (404, "MCH_NOT_EXISTS"),
            (429, "FREQUENCY_LIMITED"),
            # May speak of a refund that exists.
            (400, "INVALID_REQUEST"),
            (404, "RESOURCE_NOT_EXISTS"),
            (500, "SYSTEM_ERROR"),
            (500, "PARAM_ERROR"),
            (400, "A_CODE_OF_NEXT_YEAR"),
        ],
    )
    def test_knows_nothing_after_any_other_code(self, channel, answers, status, code):
        # Given
        answers({"code": code, "message": "refused"}, status=status)

        # When
        outcome = channel.refund(REQUEST)

        # Then
        assert (outcome.kind, outcome.code) == ("unknown", code)


class TestQueryRefund:
    def test_reads_a_refund_that_arrived_exactly(self, channel, answers):
        # Given
        answers(DONE)

        # When
        outcome = ask(channel)

        # Then
        assert replace(outcome, raw="") == Outcome(
            OutcomeKind.SUCCEEDED,
            code="SUCCESS",
            channel_ref="50000000382019052709732678859",
            amount_minor=500,
            currency="CNY",
            paid_at=datetime(2026, 1, 5, 2, 32, 10, tzinfo=UTC),
            payer_minor=500,
        )

    @pytest.mark.parametrize(
        ("status", "kind"),
        [("PROCESSING", "processing"), ("CLOSED", "failed"), ("ABNORMAL", "abnormal")],
    )
    def test_tells_the_states_of_a_refund_apart(self, channel, answers, status, kind):
        answers({**TAKEN, "status": status})

        outcome = ask(channel)

        assert (outcome.kind, outcome.code, outcome.paid_at) == (kind, status, None)

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            # The notification's name of the field is no state of an answer.
            ({"status": None, "refund_status": "SUCCESS"}, "UNREADABLE_ANSWER"),
            ({"status": "A_STATE_OF_NEXT_YEAR"}, "A_STATE_OF_NEXT_YEAR"),
            ({"success_time": None}, "UNREADABLE_ANSWER"),
            ({"success_time": "yesterday"}, "UNREADABLE_ANSWER"),
            ({"amount": None}, "UNREADABLE_ANSWER"),
            ({"amount": {"total": 1234}}, "UNREADABLE_ANSWER"),
            ({"amount": {"refund": "500"}}, "UNREADABLE_ANSWER"),
            ({"out_refund_no": "RFD_another"}, "OTHER_NUMBER"),
            ({"out_trade_no": "ATT_another"}, "OTHER_NUMBER"),
        ],
    )
    def test_succeeds_only_when_everything_that_decides_is_there(
        self, channel, answers, change, code
    ):
        # Given
        answers({**DONE, **change})

        # When
        outcome = ask(channel)

        # Then
        assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, code)

    def test_says_not_found_which_is_not_failed(self, channel, answers):
        # Given
        answers({"code": "RESOURCE_NOT_EXISTS", "message": "退款单不存在"}, status=404)

        # When
        outcome = ask(channel)

        # Then
        assert (outcome.kind, outcome.code) == ("unknown", "NOT_FOUND")

    @pytest.mark.parametrize("code", [*sorted(refunds.FAILURE_CODES), "SYSTEM_ERROR", "NO_AUTH"])
    def test_never_fails_a_refund_because_asking_was_refused(self, channel, answers, code):
        answers({"code": code, "message": "refused"}, status=400)

        outcome = ask(channel)

        assert (outcome.kind, outcome.code) == ("unknown", code)


@pytest.mark.parametrize("call", [lambda channel: channel.refund(REQUEST), ask])
@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(fault="silence"), "NO_ANSWER"),
        (Reply(b"oops", status=500), "HTTP_STATUS"),
        (Reply(b'{"status":"SUCCESS"}'), "BAD_SIGNATURE"),
    ],
)
def test_knows_nothing_after_trouble(channel, gateway, call, reply, code):
    # Given
    gateway.reply = lambda _: reply

    # When
    outcome = call(channel)

    # Then
    assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, code)
