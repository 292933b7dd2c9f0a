"""What channels say of people, and their signatures, is never shown."""

import pytest

from payments.admin.masking import MASK, masked


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


@pytest.mark.parametrize(
    "text", ['{"code": "10000", "buyer_logon_id": "lan@exam', '{"buyer_logon_id":"lan@example.com"']
)
def test_blots_out_what_can_be_told_in_an_answer_that_was_cut_off(text):
    assert "lan@" not in str(masked(text))


@pytest.mark.parametrize("text", ["", "<html>502 Bad Gateway</html>", "504", "not an answer"])
def test_shows_what_is_no_answer_as_it_is(text):
    assert str(masked(text)) == text
