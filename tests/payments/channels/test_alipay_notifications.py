import base64
import json
import random
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, quote_plus

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from payments.channels.alipay import certificates
from payments.channels.base import (
    ForgedNotificationError,
    MalformedNotificationError,
    NotificationAbout,
)
from payments.channels.registry import channel_for
from tests.instants import NOON
from tests.payments.channels.conftest import certificate_pem

FIELDS = {
    "notify_time": "2026-01-05 10:31:08",
    "notify_type": "trade_status_sync",
    "notify_id": "2026010500222103108031931000000001",
    "charset": "utf-8",
    "version": "1.0",
    "app_id": "2021000000000001",
    "auth_app_id": "2021000000000001",
    "trade_no": "2026010522001419931441931972",
    "out_trade_no": "pay_01jdexample0000000000000000",
    "seller_id": "2088000000000001",
    "trade_status": "TRADE_SUCCESS",
    "total_amount": "12.34",
    "subject": "茶 & 咖啡 + 1=1 100%",
    "fund_bill_list": '[{"amount":"12.34","fundChannel":"ALIPAYACCOUNT"}]',
    "passback_params": "a%3Db",
}
REFUND_FIELDS = {
    **FIELDS,
    "gmt_refund": "2026-01-06 10:30:02.123",
    "refund_fee": "2.34",
    "out_biz_no": "ref_01jdexample0000000000000000",
}
TRANSFER = {
    "out_biz_no": "pyo_01jdexample0000000000000000",
    "order_id": "20260106110070000006910000000001",
    "pay_fund_order_id": "20260106110070001506910000000002",
    "status": "REFUND",
    "trans_amount": "499.00",
    "product_code": "TRANS_ACCOUNT_NO_PWD",
    "biz_scene": "DIRECT_TRANSFER",
    "fail_reason": "收款账户异常",
}
MESSAGE = {
    "msg_method": "alipay.fund.trans.order.changed",
    "notify_id": "2026010600262103003031931000000001",
    "utc_timestamp": "1767667802000",
    "app_id": "2021000000000001",
    "version": "1.1",
    "charset": "UTF-8",
    "biz_content": json.dumps(TRANSFER, ensure_ascii=False),
}
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}


@pytest.fixture
def written(alipay_keys):
    """Return a function that writes a notification and signs it as Alipay does."""

    def write(
        fields: Mapping[str, str],
        *,
        charset: str = "utf-8",
        signs_sign_type: bool = False,
        sign_type: str | None = "RSA2",
        key=alipay_keys.private,
    ) -> bytes:
        pairs = {name: value.encode(charset) for name, value in fields.items()}
        signed = dict(pairs)
        if signs_sign_type:
            signed["sign_type"] = sign_type.encode()
        text = b"&".join(name.encode() + b"=" + signed[name] for name in sorted(signed))
        pairs["sign"] = base64.b64encode(key.sign(text, PKCS1v15(), SHA256()))
        if sign_type is not None:
            pairs["sign_type"] = sign_type.encode()
        return "&".join(f"{name}={quote_plus(value)}" for name, value in pairs.items()).encode()

    return write


@pytest.fixture(scope="module")
def vectors(shared):
    return json.loads((shared / "vectors/alipay/vectors_notify_charset.json").read_text())


def test_believes_a_trade_notification_which_leaves_sign_type_unsigned(channel, written):
    # When
    notification = channel.verify_notification(headers=FORM, body=written(FIELDS), at=NOON)

    # Then
    assert notification.notification_id == "2026010500222103108031931000000001"
    assert notification.channel_no == "pay_01jdexample0000000000000000"
    assert notification.status == "TRADE_SUCCESS"
    fields = dict(notification.raw_fields)
    assert fields.pop("sign_type") == "RSA2"
    assert len(fields.pop("sign")) == 344
    assert fields == FIELDS


def test_believes_a_message_which_signs_its_sign_type(channel, written):
    # When
    body = written(FIELDS, signs_sign_type=True)

    # Then
    assert channel.verify_notification(headers=FORM, body=body, at=NOON).status == "TRADE_SUCCESS"


def test_believes_a_notification_without_a_sign_type(channel, written):
    body = written(FIELDS, sign_type=None)

    assert channel.verify_notification(headers=FORM, body=body, at=NOON).status == "TRADE_SUCCESS"


def test_acknowledges_with_seven_bytes(channel):
    assert channel.acknowledge() == (b"success", "text/plain")


def test_cannot_be_changed_after_it_was_verified(channel, written):
    notification = channel.verify_notification(headers=FORM, body=written(FIELDS), at=NOON)

    with pytest.raises(TypeError):
        notification.raw_fields["total_amount"] = "0.01"


class TestWhatItIsAbout:
    def test_a_payment_is_named_by_its_order(self, channel, written):
        # When
        notification = channel.verify_notification(headers=FORM, body=written(FIELDS), at=NOON)

        # Then
        assert notification.about is NotificationAbout.PAYMENT

    def test_a_refund_is_named_by_its_own_number(self, channel, written):
        # When
        body = written(REFUND_FIELDS)
        notification = channel.verify_notification(headers=FORM, body=body, at=NOON)

        # Then
        assert notification.about is NotificationAbout.REFUND
        assert notification.channel_no == "ref_01jdexample0000000000000000"
        assert notification.notification_id == "2026010500222103108031931000000001"
        assert notification.status == "TRADE_SUCCESS"

    @pytest.mark.parametrize("name", ["refund_fee", "out_biz_no"])
    def test_what_names_no_refund_is_about_the_payment(self, channel, written, name):
        # Given
        fields = {key: value for key, value in REFUND_FIELDS.items() if key != name}

        for body in (written(fields), written({**fields, name: ""})):
            # When
            notification = channel.verify_notification(headers=FORM, body=body, at=NOON)

            # Then
            assert notification.about is NotificationAbout.PAYMENT
            assert notification.channel_no == "pay_01jdexample0000000000000000"

    @pytest.mark.parametrize("signs_sign_type", [True, False])
    def test_a_transfer_is_named_inside_its_message(self, channel, written, signs_sign_type):
        # When
        body = written(MESSAGE, signs_sign_type=signs_sign_type)
        notification = channel.verify_notification(headers=FORM, body=body, at=NOON)

        # Then
        assert notification.about is NotificationAbout.TRANSFER
        assert notification.channel_no == "pyo_01jdexample0000000000000000"
        assert notification.notification_id == "2026010600262103003031931000000001"
        assert notification.status == "REFUND"

    def test_a_transfer_of_another_app_is_forged(self, channel, written):
        body = written({**MESSAGE, "app_id": "2021000000000002"})

        with pytest.raises(ForgedNotificationError, match="another app_id"):
            channel.verify_notification(headers=FORM, body=body, at=NOON)

    @pytest.mark.parametrize(
        "biz_content",
        [
            "",
            "{",
            "[]",
            "null",
            "{}",
            "[" * 5_000,
            '{"out_biz_no":7,"status":"SUCCESS"}',
            '{"out_biz_no":"","status":"SUCCESS"}',
            '{"out_biz_no":"pyo_1","status":{}}',
            '{"out_biz_no":"pyo_1\\u0000","status":"SUCCESS"}',
            '{"out_biz_no":"pyo_1\\ud800","status":"SUCCESS"}',
            '{"out_biz_no":"pyo_1","status":"a\\u0000"}',
            '{"out_biz_no":"' + "x" * 65 + '","status":"SUCCESS"}',
        ],
    )
    def test_refuses_a_message_whose_content_names_no_transfer(self, channel, written, biz_content):
        body = written({**MESSAGE, "biz_content": biz_content})

        with pytest.raises(MalformedNotificationError):
            channel.verify_notification(headers=FORM, body=body, at=NOON)

    def test_refuses_a_message_about_something_else(self, channel, written):
        body = written({**MESSAGE, "msg_method": "alipay.fund.trans.order.created"})

        with pytest.raises(MalformedNotificationError):
            channel.verify_notification(headers=FORM, body=body, at=NOON)

    def test_refuses_a_refund_with_a_number_that_none_of_ours_has(self, channel, written):
        body = written({**REFUND_FIELDS, "out_biz_no": "x" * 65})

        with pytest.raises(MalformedNotificationError):
            channel.verify_notification(headers=FORM, body=body, at=NOON)

    @pytest.mark.parametrize("name", ["out_biz_no", "refund_fee", "gmt_refund"])
    def test_refuses_a_refund_that_was_changed(self, channel, written, name):
        # Given
        pairs = [part.partition(b"=") for part in written(REFUND_FIELDS).split(b"&")]

        # When, Then
        body = b"&".join(k + e + (b"9" if k == name.encode() else v) for k, e, v in pairs)
        with pytest.raises(ForgedNotificationError):
            channel.verify_notification(headers=FORM, body=body, at=NOON)


class TestCertificateMode:
    @pytest.fixture
    def two_certificates(self, certified_config, transport, alipay_cert, strangers_keys):
        """Return the adapter of an account in which Alipay's certificates change."""
        newer = certificate_pem(strangers_keys, serial=43)
        pem = alipay_cert + newer
        return channel_for(replace(certified_config, channel_public_key_pem=pem), transport)

    @pytest.mark.parametrize("fields", [FIELDS, REFUND_FIELDS, MESSAGE])
    def test_believes_what_the_certificate_s_key_signed(self, certified, written, fields):
        body = written(fields)

        assert certified.verify_notification(headers=FORM, body=body, at=NOON).channel_no

    def test_believes_either_certificate_while_they_change(
        self, two_certificates, written, alipay_keys, strangers_keys
    ):
        for keys in (alipay_keys, strangers_keys):
            body = written(FIELDS, key=keys.private)
            assert two_certificates.verify_notification(headers=FORM, body=body, at=NOON)

    def test_believes_only_the_certificate_that_a_message_names(
        self, two_certificates, written, alipay_cert, strangers_keys
    ):
        # Given
        fields = {**FIELDS, "alipay_cert_sn": certificates.certificate_sn(alipay_cert)}

        # When, Then
        assert two_certificates.verify_notification(headers=FORM, body=written(fields), at=NOON)
        with pytest.raises(ForgedNotificationError):
            two_certificates.verify_notification(
                headers=FORM, body=written(fields, key=strangers_keys.private), at=NOON
            )

    @pytest.mark.parametrize("cert_sn", ["7513daaaa48aa3ba2e4018d84402479c", "", "值"])
    def test_refuses_a_certificate_that_is_none_of_ours(self, certified, written, cert_sn):
        body = written({**FIELDS, "alipay_cert_sn": cert_sn})

        with pytest.raises(ForgedNotificationError):
            certified.verify_notification(headers=FORM, body=body, at=NOON)

    def test_refuses_a_signature_of_ours_or_of_a_stranger(
        self, certified, written, our_keys, strangers_keys
    ):
        for keys in (our_keys, strangers_keys):
            body = written(FIELDS, key=keys.private)
            with pytest.raises(ForgedNotificationError, match="not signed by Alipay"):
                certified.verify_notification(headers=FORM, body=body, at=NOON)


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


class TestForgeries:
    def test_refuses_every_single_changed_byte(self, channel, written):
        # Given
        body = written(FIELDS)
        genuine = parse_qsl(body.decode(), strict_parsing=True)
        choose = random.Random(20260106)

        # When
        refused, believed = 0, []
        for _ in range(3_000):
            at = choose.randrange(len(body))
            other = (body[at] + choose.randrange(1, 256)) % 256
            mutated = body[:at] + bytes([other]) + body[at + 1 :]
            try:
                channel.verify_notification(headers=FORM, body=mutated, at=NOON)
            except (ForgedNotificationError, MalformedNotificationError):
                refused += 1
            else:
                # %2B and %2b are two spellings of one byte: nothing was changed.
                believed.append(parse_qsl(mutated.decode(), strict_parsing=True))

        # Then
        assert all(fields == genuine for fields in believed)
        assert refused > 2_980

    @pytest.mark.parametrize("name", sorted(FIELDS))
    def test_refuses_a_field_left_out_or_changed(self, channel, written, name):
        # Given
        pairs = [part.partition(b"=") for part in written(FIELDS).split(b"&")]
        without = b"&".join(k + e + v for k, e, v in pairs if k != name.encode())
        changed = b"&".join(k + e + (b"9" if k == name.encode() else v) for k, e, v in pairs)

        # When, Then
        for body in (without, changed):
            with pytest.raises(ForgedNotificationError):
                channel.verify_notification(headers=FORM, body=body, at=NOON)

    def test_refuses_a_field_put_in(self, channel, written):
        for extra in (b"&refund_fee=12.34", b"&a=", b"&zz=1"):
            with pytest.raises(ForgedNotificationError):
                channel.verify_notification(headers=FORM, body=written(FIELDS) + extra, at=NOON)

    def test_refuses_a_signature_of_ours_or_of_a_stranger(
        self, channel, written, our_keys, strangers_keys
    ):
        for keys in (our_keys, strangers_keys):
            with pytest.raises(ForgedNotificationError, match="not signed by Alipay"):
                channel.verify_notification(
                    headers=FORM, body=written(FIELDS, key=keys.private), at=NOON
                )

    @pytest.mark.parametrize("sign_type", ["RSA", "MD5", "none", "", "rsa2"])
    def test_never_takes_the_algorithm_from_the_message(self, channel, written, sign_type):
        for signs in (True, False):
            body = written(FIELDS, sign_type=sign_type, signs_sign_type=signs)
            with pytest.raises(ForgedNotificationError):
                channel.verify_notification(headers=FORM, body=body, at=NOON)

    def test_refuses_an_unsigned_message(self, channel):
        for sign in (b"", b"&sign=", b"&sign=%00", b"&sign=AAAA", b"&sign=%FF"):
            with pytest.raises(ForgedNotificationError):
                channel.verify_notification(
                    headers=FORM, body=b"app_id=2021000000000001&notify_id=1" + sign, at=NOON
                )

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"app_id": "2021000000000002"}, "another app_id"),
            ({"app_id": ""}, "another app_id"),
            ({"seller_id": "2088000000000002"}, "another seller_id"),
        ],
    )
    def test_refuses_a_genuine_message_that_is_not_for_us(self, channel, written, change, reason):
        body = written({**FIELDS, **change})

        with pytest.raises(ForgedNotificationError, match=reason):
            channel.verify_notification(headers=FORM, body=body, at=NOON)

    def test_takes_a_genuine_message_that_names_no_seller(self, channel, written):
        fields = {name: value for name, value in FIELDS.items() if name != "seller_id"}

        assert channel.verify_notification(headers=FORM, body=written(fields), at=NOON).channel_no


class TestMalformed:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{}",
            b"a",
            b"=1",
            b"a=1&",
            b"a=1&&b=2",
            b"a=1&a=1",
            b"a=1&%61=2",
            b"a=1;b=2&c",
            b"a=" + b"x" * 65_536,
            b"&".join(b"k%d=v" % number for number in range(201)),
        ],
    )
    def test_refuses_what_is_not_a_form_of_distinct_names(self, channel, body):
        with pytest.raises(MalformedNotificationError):
            channel.verify_notification(headers=FORM, body=body, at=NOON)

    def test_refuses_a_signed_field_given_twice(self, channel, written):
        body = b"total_amount=12.34&" + written(FIELDS)

        with pytest.raises(MalformedNotificationError):
            channel.verify_notification(headers=FORM, body=body, at=NOON)

    @pytest.mark.parametrize("name", ["notify_id", "out_trade_no"])
    def test_refuses_a_genuine_message_about_nothing(self, channel, written, name):
        for fields in (
            {key: value for key, value in FIELDS.items() if key != name},
            {**FIELDS, name: ""},
            {**FIELDS, name: "x" * 129},
        ):
            with pytest.raises(MalformedNotificationError):
                channel.verify_notification(headers=FORM, body=written(fields), at=NOON)

    def test_refuses_a_nul_that_no_database_keeps(self, channel, written):
        with pytest.raises(MalformedNotificationError):
            channel.verify_notification(
                headers=FORM, body=written({**FIELDS, "subject": "a\0b"}), at=NOON
            )
