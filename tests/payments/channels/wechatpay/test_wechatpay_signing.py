# ruff: noqa: F811  fixtures are imported
"""The published vectors of WeChat Pay's own libraries, byte for byte."""

import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from payments.channels.wechatpay import signing
from tests.payments.channels.wechatpay.signed_texts import folder, go_sdk, java_sdk, key_in  # noqa: F401


class TestNotification:
    """A notification of wechatpay-go, core/notify/notify_test.go."""

    @pytest.fixture
    def doubt(self, folder, go_sdk):
        """Return a function that says why the vector, changed somewhere, is not believed."""
        vector = go_sdk["notify"]
        key = key_in(folder, vector["platform_cert"])
        genuine = {name.lower(): value for name, value in vector["headers"].items()}

        def doubt(*, body: bytes = vector["body"].encode(), now=vector["now"], **headers: str):
            changed = {f"wechatpay-{name}": value for name, value in headers.items()}
            return signing.doubt(
                {**genuine, **changed},
                body,
                keys={key.serial: key},
                at=datetime.fromtimestamp(now, UTC),
            )

        return doubt

    def test_is_believed_at_its_own_time(self, doubt):
        assert doubt() == ""

    def test_is_not_believed_at_another_time(self, doubt, go_sdk):
        now = go_sdk["notify"]["now"]

        assert doubt(now=now + 300) == doubt(now=now - 300) == ""
        assert "long ago" in doubt(now=now + 301)
        assert "long ago" in doubt(now=now - 301)

    def test_is_not_believed_with_any_byte_of_it_changed(self, doubt, go_sdk):
        vector = go_sdk["notify"]
        body = vector["body"].encode()

        for at in range(len(body)):
            mutated = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
            assert doubt(body=mutated) == "The signature is wrong."
        for name in ("Nonce", "Timestamp", "Signature", "Serial"):
            text = vector["headers"][f"Wechatpay-{name}"]
            for at in range(len(text)):
                mutated = text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]
                assert doubt(**{name.lower(): mutated})

    def test_opens_to_what_is_published(self, go_sdk):
        # Given
        vector = go_sdk["notify"]
        resource = json.loads(vector["body"])["resource"]

        # When
        text = signing.opened_part(resource, key=vector["api_v3_key"].encode())

        # Then
        assert text.decode() == vector["plaintext"]
        assert json.loads(text)["mchid"] == "1234567890"


class TestSignature:
    def test_reproduces_the_published_one(self, folder, go_sdk):
        # Given
        vector = go_sdk["rsa_sha256"]
        key = load_pem_private_key((folder / vector["private_key"]).read_bytes(), None)

        # When
        signature = signing.sign(vector["message"].encode(), key)

        # Then
        assert signature == vector["signature_b64"]
        assert signature.startswith("BKyAfU4iMCuvXMXS0Wzam3V/")
        assert signing.is_signed(vector["message"].encode(), signature, key.public_key())

    def test_the_java_keys_belong_together(self, folder, java_sdk):
        # Given
        keys = java_sdk["keys"]
        private = load_pem_private_key((folder / keys["platform_private"]).read_bytes(), None)
        certified = key_in(folder, keys["platform_cert"])
        bare = key_in(folder, keys["platform_public"])

        # When
        signature = signing.sign(b"message", private)

        # Then
        assert signing.is_signed(b"message", signature, certified.public_key)
        assert signing.is_signed(b"message", signature, bare.public_key)
        assert certified.serial == keys["platform_serial"]
        assert key_in(folder, keys["merchant_cert"]).serial == keys["merchant_serial"]

    def test_the_java_certificates_have_ended(self, folder, java_sdk):
        for name in ("merchant_cert", "platform_cert"):
            key = key_in(folder, java_sdk["keys"][name])
            assert key.is_valid_at(datetime(2024, 5, 1, tzinfo=UTC))
            assert not key.is_valid_at(datetime(2025, 6, 1, tzinfo=UTC))
            assert not key.has_not_ended_at(datetime(2025, 6, 1, tzinfo=UTC))

    @pytest.mark.parametrize(
        "spelling",
        [
            lambda sign: sign + "\n",
            lambda sign: " " + sign,
            lambda sign: sign.rstrip("="),
            lambda sign: sign + "=",
            lambda sign: sign.replace("+", "-").replace("/", "_"),
            lambda sign: sign[:-3] + chr(ord(sign[-3]) + 1) + "==",
            lambda _: "值",
            lambda _: "AAAA",
            lambda _: "",
        ],
    )
    def test_accepts_one_spelling_only(self, folder, go_sdk, spelling):
        # Given
        vector = go_sdk["rsa_sha256"]
        key = load_pem_private_key((folder / vector["private_key"]).read_bytes(), None)
        signature = vector["signature_b64"]
        assert "+" in signature
        assert "/" in signature

        # When, Then
        assert spelling(signature) != signature
        assert not signing.is_signed(b"source", spelling(signature), key.public_key())
