"""Accounts at WeChat Pay that cannot work, and what is said of them."""

from dataclasses import replace

import pytest

from payments.channels.base import (
    ChannelConfigurationError,
)
from payments.channels.registry import channel_for
from tests.payments.channels.wechatpay.adapter_orders import NO, REQUEST
from tests.payments.channels.wechatpay.platform import AT


class TestConfiguration:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"private_key_pem": ""}, "only listens"),
            ({"key_serial": ""}, "key_serial"),
            ({"gateway_url": "api.mch.weixin.qq.com"}, "gateway_url"),
            ({"channel_public_key_pem": "", "channel_key_id": ""}, "channel_public_key_pem"),
        ],
    )
    def test_sends_nothing_without_what_a_request_needs(
        self, config, transport, gateway, change, words
    ):
        # Given
        channel = channel_for(replace(config, **change), transport)

        # When, Then
        for call in (lambda: channel.pay(REQUEST), lambda: channel.query(NO, at=AT)):
            with pytest.raises(ChannelConfigurationError, match=words):
                call()
        assert gateway.received == []

    @pytest.mark.parametrize(
        "change",
        [
            {"api_key": "0123456789abcdef"},
            {"api_key": "0123456789abcdefghijklmnopqrstuvw"},
            {"api_key": "值" * 32},
            {"notify_url": "https://pay.example.com/notify/?account=1"},
            {"notify_url": "https://pay.example.com/notify/#1"},
            {"channel_key_id": ""},
            {"channel_key_id": "D7CE59D1F522D701"},
            {"channel_public_key_pem": ""},
            {"channel_public_key_pem": "值"},
            {"private_key_pem": "值"},
        ],
    )
    def test_refuses_an_account_that_can_never_work(self, config, transport, change):
        # When
        with pytest.raises(ChannelConfigurationError) as refusal:
            channel_for(replace(config, **change), transport)

        # Then
        assert refusal.value.__cause__ is None
        assert "0123456789" not in str(refusal.value)

    def test_never_shows_a_key(self, config):
        assert config.api_key not in repr(config)
