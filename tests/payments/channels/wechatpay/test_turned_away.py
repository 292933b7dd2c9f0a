"""WeChat Pay refuses us, not the order, and without a signature."""

import pytest

from tests.payments.channels.gateway import Reply
from tests.payments.channels.wechatpay.platform import AT

NO = "ATT01JDEXAMPLE0000000000000000"


@pytest.mark.parametrize(
    ("status", "code"), [(401, "TURNED_AWAY"), (403, "TURNED_AWAY"), (502, "HTTP_STATUS")]
)
def test_an_unsigned_refusal_of_us_is_no_word_on_the_order(channel, gateway, status, code):
    # Given
    gateway.reply = lambda _received: Reply(b'{"code": "SIGN_ERROR"}', status=status)

    # When
    outcome = channel.query(NO, at=AT)

    # Then
    assert (outcome.kind, outcome.code) == ("unknown", code)
