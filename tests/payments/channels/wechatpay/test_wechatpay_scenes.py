"""Where a payer pays: in a page inside WeChat, in a mobile browser, in an app."""

import base64
import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from payments.channels.base import OutcomeKind, PayerAction, PayerActionKind
from payments.channels.wechatpay import invocation
from payments.channels.wechatpay.traits import TRAITS
from tests.payments.channels.wechatpay.adapter_orders import REQUEST

OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
PREPAY_ID = "wx201410272009395522657a690389285100"
H5_URL = "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx20&package=1"
# The values that WeChat Pay's documentation signs.
DOCUMENTED = {
    "app_id": "wx2421b1c4370ec43b",
    "timestamp_seconds": 1554208460,
    "nonce": "593BEC0C930BF1AFEB40B4A08C8FB242",
    "prepay_id": PREPAY_ID,
}
IN_WECHAT = replace(REQUEST, method="wechat_jsapi", payer_account=OPENID)
IN_BROWSER = replace(
    REQUEST,
    method="wechat_h5",
    payer_ip="203.0.113.7",
    return_url="https://shop.example.com/done/?order=7&lang=zh",
)
QUOTED = "https%3A%2F%2Fshop.example.com%2Fdone%2F%3Forder%3D7%26lang%3Dzh"
IN_APP = replace(REQUEST, method="wechat_app")


def is_ours(text: bytes, signature: str, our_keys) -> bool:
    our_keys.private.public_key().verify(base64.b64decode(signature), text, PKCS1v15(), SHA256())
    return True


def test_all_four_scenes_are_declared():
    assert TRAITS.methods == {"wechat_native", "wechat_jsapi", "wechat_h5", "wechat_app"}


@pytest.mark.parametrize(
    ("request_", "path", "more"),
    [
        (IN_WECHAT, "jsapi", {"payer": {"openid": OPENID}}),
        (
            IN_BROWSER,
            "h5",
            {"scene_info": {"payer_client_ip": "203.0.113.7", "h5_info": {"type": "Wap"}}},
        ),
        (IN_APP, "app", {}),
    ],
    ids=["jsapi", "h5", "app"],
)
def test_an_order_says_what_its_scene_asks_and_no_more(
    channel, gateway, answers, request_, path, more
):
    # Given
    answers({"prepay_id": PREPAY_ID, "h5_url": H5_URL})

    # When
    channel.pay(request_)

    # Then
    (received,) = gateway.received
    content = json.loads(received.body)
    assert received.target == f"/v3/pay/transactions/{path}"
    assert {name: content.pop(name) for name in more} == more
    assert set(content) == {
        *("appid", "mchid", "description", "out_trade_no", "time_expire", "notify_url", "amount")
    }


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (replace(IN_WECHAT, payer_account=""), "openid"),
        (replace(IN_WECHAT, payer_account="o pUF"), "openid"),
        (replace(IN_WECHAT, payer_account="o" * 129), "openid"),
        (replace(IN_BROWSER, payer_ip=""), "IP address"),
        (replace(IN_BROWSER, payer_ip="203.0.113.256"), "IP address"),
        (replace(IN_BROWSER, payer_ip="shop.example.com"), "IP address"),
    ],
)
def test_nothing_is_sent_without_what_its_scene_asks(channel, gateway, request_, words):
    # When
    outcome = channel.pay(request_)

    # Then
    assert (outcome.kind, outcome.code) == (OutcomeKind.FAILED, "REFUSED_HERE")
    assert words in outcome.message
    assert gateway.received == []


class TestInsideWechat:
    def test_the_text_is_the_documented_one(self):
        assert invocation.Prepaid(**DOCUMENTED).page_text() == (
            b"wx2421b1c4370ec43b\n1554208460\n593BEC0C930BF1AFEB40B4A08C8FB242\n"
            b"prepay_id=wx201410272009395522657a690389285100\n"
        )

    def test_hands_over_six_signed_fields(self, channel, answers, our_keys):
        # Given
        answers({"prepay_id": PREPAY_ID})

        # When
        outcome = channel.pay(IN_WECHAT)

        # Then
        assert (outcome.kind, outcome.qr_code) == (OutcomeKind.AWAITING_PAYER, "")
        fields = dict(outcome.action.fields)
        nonce, signature = fields.pop("nonceStr"), fields.pop("paySign")
        assert outcome.action.kind is PayerActionKind.INVOKE
        assert fields == {
            "appId": "wxd678efh567hg6787",
            "timeStamp": "1767580200",
            "package": f"prepay_id={PREPAY_ID}",
            "signType": "RSA",
        }
        text = f"wxd678efh567hg6787\n1767580200\n{nonce}\nprepay_id={PREPAY_ID}\n".encode()
        assert is_ours(text, signature, our_keys)


class TestInAnApp:
    def test_the_text_is_the_documented_one(self):
        assert invocation.Prepaid(**DOCUMENTED).app_text() == (
            b"wx2421b1c4370ec43b\n1554208460\n593BEC0C930BF1AFEB40B4A08C8FB242\n"
            b"wx201410272009395522657a690389285100\n"
        )

    def test_hands_over_seven_signed_fields(self, channel, answers, our_keys):
        # Given
        answers({"prepay_id": PREPAY_ID})

        # When
        outcome = channel.pay(IN_APP)

        # Then
        fields = dict(outcome.action.fields)
        nonce, signature = fields.pop("noncestr"), fields.pop("sign")
        assert outcome.action.kind is PayerActionKind.INVOKE
        assert fields == {
            "appid": "wxd678efh567hg6787",
            "partnerid": "1230000109",
            "prepayid": PREPAY_ID,
            "package": "Sign=WXPay",
            "timestamp": "1767580200",
        }
        text = f"wxd678efh567hg6787\n1767580200\n{nonce}\n{PREPAY_ID}\n".encode()
        assert is_ours(text, signature, our_keys)


class TestInABrowser:
    @pytest.mark.parametrize(
        ("return_url", "url"),
        [
            (
                IN_BROWSER.return_url,
                f"{H5_URL}&redirect_url={QUOTED}",
            ),
            ("", H5_URL),
        ],
    )
    def test_goes_to_wechat_and_back_to_us(self, channel, answers, return_url, url):
        # Given
        answers({"h5_url": H5_URL})

        # When
        outcome = channel.pay(replace(IN_BROWSER, return_url=return_url))

        # Then
        assert outcome.kind is OutcomeKind.AWAITING_PAYER
        assert outcome.action == PayerAction(PayerActionKind.REDIRECT, url=url)

    @pytest.mark.parametrize(
        "url", ["", "javascript:alert(1)", "https://a/\n", "https://" + "a" * 1024]
    )
    def test_goes_nowhere_else(self, channel, answers, url):
        # Given
        answers({"h5_url": url})

        # When
        outcome = channel.pay(IN_BROWSER)

        # Then
        assert (outcome.kind, outcome.action) == (OutcomeKind.UNKNOWN, None)


@pytest.mark.parametrize("request_", [IN_WECHAT, IN_APP, IN_BROWSER, REQUEST])
@pytest.mark.parametrize("content", [{}, {"prepay_id": ""}, {"prepay_id": "a b"}, {"code_url": 1}])
def test_an_answer_by_which_nobody_can_pay_is_unknown(channel, answers, request_, content):
    # Given
    answers(content)

    # When
    outcome = channel.pay(request_)

    # Then
    assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, "UNREADABLE_ANSWER")
