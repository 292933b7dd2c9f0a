"""What channels say of people, and their signatures, is never shown."""

import json

import pytest

from payments.admin.masking import MASK, masked
from tests.payments.channels.wechatpay.adapter_orders import PAID


def test_blots_out_people_and_signatures_in_an_answer():
    answer = (
        '{"alipay_trade_query_response": {"code": "10000", "buyer_logon_id": "lan@example.com",'
        ' "buyer_user_id": "2088", "total_amount": "1.00", "buyer_open_id": ""}, "sign": "abc"}'
    )

    assert masked(answer) == {
        "alipay_trade_query_response": {
            "code": "10000",
            "buyer_logon_id": MASK,
            "buyer_user_id": MASK,
            "total_amount": "1.00",
            "buyer_open_id": "",
        },
        "sign": MASK,
    }


def test_blots_them_out_in_a_notification():
    assert masked("trade_status=TRADE_SUCCESS&buyer_id=2088&sign=a%2Bb&gmt=2026-03-05+12") == {
        "trade_status": "TRADE_SUCCESS",
        "buyer_id": MASK,
        "sign": MASK,
        "gmt": "2026-03-05 12",
    }


def test_blots_them_out_of_lists():
    assert masked('{"funds": [{"amount": "1.00", "payer_name": "Lan"}]}') == {
        "funds": [{"amount": "1.00", "payer_name": MASK}]
    }


def test_blots_out_people_as_wechat_pay_and_unionpay_spell_them():
    # Given an answer as WeChat Pay gives it
    assert "openid" in PAID["payer"]

    # When
    told = masked(json.dumps(PAID))

    # Then all that is below the payer is hidden, and nothing else but what they paid
    assert told == {
        **PAID,
        "payer": {"openid": MASK},
        "amount": {**PAID["amount"], "payer_total": MASK, "payer_currency": MASK},
    }
    assert masked('{"openid": "oUpF8", "mchid": "1", "user_received_account": "CMB 0403"}') == {
        "openid": MASK,
        "mchid": "1",
        "user_received_account": MASK,
    }
    assert masked("accNo=6222&customerNm=&orderId=7&realName=%E5%BC%A0") == {
        "accNo": MASK,
        "customerNm": "",
        "orderId": "7",
        "realName": MASK,
    }


def test_hides_everything_below_a_private_name():
    assert masked('{"buyer": {"level": {"is": "gold"}, "seen": [1, ""]}, "a": {"b": "c"}}') == {
        "buyer": {"level": {"is": MASK}, "seen": [MASK, ""]},
        "a": {"b": "c"},
    }


@pytest.mark.parametrize(
    "cut",
    ['{"payer":{"openid":"oUpF8uM', '{"payer": {"open_id": "oUpF8uM"', '{"unionId":"oUpF8uM"}, '],
)
def test_blots_out_ids_in_what_was_cut_off_however_they_are_spelt(cut):
    assert "oUpF8uM" not in str(masked(cut))


@pytest.mark.parametrize(
    "text", ['{"code": "10000", "buyer_logon_id": "lan@exam', '{"buyer_logon_id":"lan@example.com"']
)
def test_blots_out_what_can_be_told_in_an_answer_that_was_cut_off(text):
    assert "lan@" not in str(masked(text))


@pytest.mark.parametrize("text", ["", "<html>502 Bad Gateway</html>", "504", "not an answer"])
def test_shows_what_is_no_answer_as_it_is(text):
    assert str(masked(text)) == text
