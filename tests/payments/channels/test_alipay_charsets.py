# ruff: noqa: F811  fixtures are imported
"""Notifications of Alipay in other alphabets."""

import json
from urllib.parse import quote_plus

import pytest

from payments.channels.base import (
    MalformedNotificationError,
)
from tests.instants import NOON
from tests.payments.channels.told_trades import FIELDS, FORM, written  # noqa: F401


@pytest.fixture(scope="module")
def vectors(shared):
    return json.loads((shared / "vectors/alipay/vectors_notify_charset.json").read_text())


class TestCharsets:
    def test_verifies_the_bytes_and_decodes_afterwards(self, channel, written, vectors):
        assert len(vectors["gbk"]) == 3
        for example in vectors["gbk"]:
            # Given
            assert example["text"].encode("gbk").hex() == example["hex"]
            body = written({**FIELDS, "charset": "gbk", "subject": example["text"]}, charset="gbk")
            assert quote_plus(bytes.fromhex(example["hex"])).encode() in body

            # When
            notification = channel.verify_notification(headers={}, body=body, at=NOON)

            # Then
            assert notification.raw_fields["subject"] == example["text"]

    @pytest.mark.parametrize("name", ["GBK", "gbk", "GB2312", "gb18030", "GB18030"])
    def test_reads_a_whole_chinese_form(self, channel, written, vectors, name):
        # Given
        assert len(vectors["form"]) == 6
        form = {**FIELDS, **vectors["form"], "charset": name}

        # When
        body = written(form, charset="gb18030")

        # Then
        fields = channel.verify_notification(headers=FORM, body=body, at=NOON).raw_fields
        assert {key: fields[key] for key in vectors["form"]} == vectors["form"]

    def test_reads_letters_that_only_gb18030_has(self, channel, written, vectors):
        # Given
        text = vectors["gb18030"]["text"]
        body = written({**FIELDS, "charset": "gb18030", "subject": text}, charset="gb18030")

        # When, Then
        assert (
            channel.verify_notification(headers={}, body=body, at=NOON).raw_fields["subject"]
            == text
        )

    def test_takes_the_content_type_s_charset_where_none_is_signed(self, channel, written, vectors):
        # Given
        fields = {name: value for name, value in FIELDS.items() if name != "charset"}
        body = written({**fields, "subject": "树"}, charset="gbk")
        assert len(vectors["content_types"]) == 6

        for content_type, charset in vectors["content_types"].items():
            headers = {"content-type": content_type}
            if charset:
                # When
                notification = channel.verify_notification(headers=headers, body=body, at=NOON)

                # Then
                assert notification.raw_fields["subject"] == "树"
            else:
                with pytest.raises(MalformedNotificationError):
                    channel.verify_notification(headers=headers, body=body, at=NOON)

    def test_prefers_the_signed_charset_to_the_content_type(self, channel, written):
        # Given
        body = written({**FIELDS, "charset": "GBK", "subject": "树"}, charset="gbk")

        # When
        notification = channel.verify_notification(headers=FORM, body=body, at=NOON)

        # Then
        assert notification.raw_fields["subject"] == "树"

    @pytest.mark.parametrize("charset", ["utf-16", "latin-1", "rot13", "hex", "zip", "值"])
    def test_refuses_a_charset_that_alipay_does_not_use(self, channel, written, charset):
        body = written({**FIELDS, "charset": charset})

        with pytest.raises(MalformedNotificationError):
            channel.verify_notification(headers=FORM, body=body, at=NOON)

    def test_refuses_bytes_that_are_not_of_the_signed_charset(self, channel, written):
        body = written({**FIELDS, "charset": "utf-8", "subject": "树"}, charset="gbk")

        with pytest.raises(MalformedNotificationError):
            channel.verify_notification(headers=FORM, body=body, at=NOON)
