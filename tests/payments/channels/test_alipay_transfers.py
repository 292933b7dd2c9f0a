"""What WeChat Pay is sent and what its answers say: the adapter, message by message."""

from dataclasses import replace

import pytest

from payments.channels.alipay import mapping, transfers
from payments.channels.base import Outcome, OutcomeKind, TransferRequest
from tests.payments.channels.transfer_requests import ASKED, AT, DEFINITE, NO

REQUEST = TransferRequest(
    channel_no=NO,
    amount_minor=49_900,
    currency="CNY",
    account="tea@example.com",
    account_type="logon_id",
    holder_name="张茶",
    title="Settlement of 5 January",
    remark="货款",
    stamped_at=AT,
)


TAKEN = {
    "code": "10000",
    "msg": "Success",
    "out_biz_no": NO,
    "order_id": "20260106110070000006910000000001",
    "pay_fund_order_id": "20260106110070001506910000000002",
    "status": "SUCCESS",
    "trans_date": "2026-01-06 10:30:03",
}


class TestWhatIsSent:
    def test_sends_a_transfer_exactly_as_the_protocol_says(self, certified, gateway, answers):
        # Given
        answers(**TAKEN)

        # When
        certified.transfer(REQUEST)

        # Then
        (received,) = gateway.received
        assert {key: text for key, text in received.params.items() if key != "sign"} == {
            "app_id": "2021000000000001",
            "method": "alipay.fund.trans.uni.transfer",
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": "2026-01-06 10:30:00",
            "version": "1.0",
            "app_cert_sn": "866efef280dec9137a87d047ac446315",
            "alipay_root_cert_sn": "687b59193f3f462dd5336e5abf83c5d8"
            "_02941eef3187dddf3d3b83462e1dfcf6",
        }
        assert received.data == {
            "biz_content": '{"out_biz_no":"pyo_01jdexample0000000000000000",'
            '"trans_amount":"499.00","product_code":"TRANS_ACCOUNT_NO_PWD",'
            '"biz_scene":"DIRECT_TRANSFER","order_title":"Settlement of 5 January",'
            '"payee_info":{"identity":"tea@example.com","identity_type":"ALIPAY_LOGON_ID",'
            '"name":"张茶"},"remark":"货款"}'
        }

    def test_sends_a_question_exactly_as_the_protocol_says(self, certified, gateway, answers):
        # Given
        answers(**ASKED)

        # When
        certified.query_transfer(NO, at=AT)

        # Then
        (received,) = gateway.received
        assert received.params["method"] == "alipay.fund.trans.common.query"
        assert received.params["app_cert_sn"] == "866efef280dec9137a87d047ac446315"
        assert received.data == {
            "biz_content": '{"out_biz_no":"pyo_01jdexample0000000000000000",'
            '"product_code":"TRANS_ACCOUNT_NO_PWD","biz_scene":"DIRECT_TRANSFER"}'
        }

    @pytest.mark.parametrize(
        ("change", "sent"),
        [
            (
                {"account": "2088102146225135", "account_type": "user_id", "holder_name": ""},
                '"payee_info":{"identity":"2088102146225135","identity_type":"ALIPAY_USER_ID"}',
            ),
            (
                {
                    "account": "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5",
                    "holder_name": "",
                    "account_type": "open_id",
                },
                (
                    '"payee_info":{"identity":"074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5",'
                    '"identity_type":"ALIPAY_OPEN_ID"},"remark":"货款"}'
                ),
            ),
            ({"scene": "采购货款"}, '"remark":"货款","transfer_scene_name":"采购货款"}'),
            (
                {"scene": "采购货款", "scene_reports": (("采购商品名称", "茶叶"), ("批次", "5"))},
                (
                    '"remark":"货款","transfer_scene_name":"采购货款",'
                    '"transfer_scene_report_infos":['
                    '{"info_type":"采购商品名称","info_content":"茶叶"},'
                    '{"info_type":"批次","info_content":"5"}]}'
                ),
            ),
            ({"title": ""}, f'"order_title":"{NO}"'),
            ({"title": "a\nb"}, '"order_title":"a b"'),
            ({"title": "茶" * 200}, '"order_title":"' + "茶" * 128 + '"'),
            ({"remark": ""}, '"name":"张茶"}}'),
            ({"remark": "茶" * 300}, '"remark":"' + "茶" * 200 + '"}'),
            ({"currency": "BRL"}, '"trans_currency":"BRL"}'),
        ],
    )
    def test_sends_what_the_channel_takes(self, certified, gateway, answers, change, sent):
        # Given
        answers(**TAKEN)

        # When
        certified.transfer(replace(REQUEST, **change))

        # Then
        assert sent in gateway.received[0].data["biz_content"]

    @pytest.mark.parametrize(
        "change",
        [
            {"amount_minor": 0},
            {"amount_minor": -1},
            {"amount_minor": 10_000_000_001},
            {"currency": "XXX"},
            {"channel_no": ""},
            {"channel_no": "pyo-1"},
            {"account": ""},
            {"account": "tea\n@example.com"},
            {"account": " tea@example.com"},
            {"account": "x" * 65},
            {"account_type": "bank_card"},
            {"account_type": ""},
            {"holder_name": ""},
            {"holder_name": "张\ud800"},
            {"holder_name": "x" * 129},
            {"account_type": "user_id", "holder_name": "张\0"},
            {"scene": "采购\n货款"},
            {"scene": "x" * 65},
            {"scene_reports": (("采购商品名称", "茶叶"),)},
            {"scene": "采购货款", "scene_reports": (("采购商品名称", ""),)},
            {"scene": "采购货款", "scene_reports": (("采购商品名称", "茶" * 129),)},
        ],
    )
    def test_fails_what_the_channel_cannot_take_and_sends_nothing(self, certified, gateway, change):
        # When
        outcome = certified.transfer(replace(REQUEST, **change))

        # Then
        assert (outcome.kind, outcome.code) == (OutcomeKind.FAILED, "REFUSED_HERE")
        assert outcome.message
        assert gateway.received == []

    def test_sends_nothing_in_key_mode(self, channel, gateway):
        # When
        outcome = channel.transfer(REQUEST)

        # Then
        assert (outcome.kind, outcome.code, outcome.message) == (
            OutcomeKind.FAILED,
            "REFUSED_HERE",
            "Alipay takes transfers in certificate mode only.",
        )
        assert gateway.received == []

    def test_never_shows_whom_the_money_goes_to(self):
        assert "tea@example.com" not in repr(REQUEST)


class TestTransfer:
    @pytest.mark.parametrize("status", ["SUCCESS", "DEALING", "WAIT_PAY"])
    def test_leaves_what_was_charged_to_a_question(self, certified, answers, status):
        # Given
        answers(**{**TAKEN, "status": status})

        # When
        outcome = certified.transfer(REQUEST)

        # Then
        assert replace(outcome, raw="") == Outcome(
            OutcomeKind.PROCESSING,
            code=status,
            message="Success",
            channel_ref="20260106110070000006910000000001",
        )
        assert '"order_id":"20260106110070000006910000000001"' in outcome.raw

    @pytest.mark.parametrize("sub_code", DEFINITE)
    def test_fails_for_the_codes_of_the_closed_list(self, certified, answers, sub_code):
        # Given
        answers(code="40004", msg="Business Failed", sub_code=sub_code, sub_msg="refused")

        # When
        outcome = certified.transfer(REQUEST)

        # Then
        assert (outcome.kind, outcome.code, outcome.message) == ("failed", sub_code, "refused")

    def test_the_closed_list_is_closed(self):
        assert set(DEFINITE) | mapping.GATEWAY_REFUSALS == transfers.FAILURE_CODES

    @pytest.mark.parametrize(
        "sub_code",
        [
            # Another transfer has the number, and may have been made.
            "PAYMENT_INFO_INCONSISTENCY",
            "PERMIT_CHECK_PERM_LIMITED",
            "ORDER_NOT_EXIST",
            "INVALID_PARAMETER",
        ],
    )
    def test_does_not_fail_for_others(self, certified, answers, sub_code):
        # Given
        answers(code="40004", msg="Business Failed", sub_code=sub_code)

        # When
        outcome = certified.transfer(REQUEST)

        # Then
        assert (outcome.kind, outcome.code) == ("unknown", sub_code)

    @pytest.mark.parametrize(
        ("change", "kind", "code"),
        [
            ({"status": "FAIL", "error_code": "PAYEE_NOT_EXIST"}, "failed", "PAYEE_NOT_EXIST"),
            ({"status": "FAIL", "error_code": "TRANSFER_ERROR"}, "unknown", "TRANSFER_ERROR"),
            ({"status": "FAIL"}, "unknown", "FAIL"),
            ({"status": "CLOSED"}, "unknown", "CLOSED"),
            ({"status": "REFUND"}, "unknown", "REFUND"),
            ({"status": "success"}, "unknown", "success"),
            ({"status": ""}, "unknown", "UNREADABLE_ANSWER"),
            ({"status": None}, "unknown", "UNREADABLE_ANSWER"),
            ({"status": "SUCCESS", "out_biz_no": "pyo_2"}, "unknown", "OTHER_NUMBER"),
            ({"status": "SUCCESS", "out_biz_no": None}, "unknown", "OTHER_NUMBER"),
            ({"status": "SUCCESS", "code": "10003"}, "unknown", "10003"),
        ],
    )
    def test_believes_a_failure_with_a_code_of_the_closed_list_only(
        self, certified, answers, change, kind, code
    ):
        # Given
        answers(**{**TAKEN, **change})

        # When
        outcome = certified.transfer(REQUEST)

        # Then
        assert (outcome.kind, outcome.code) == (kind, code)
