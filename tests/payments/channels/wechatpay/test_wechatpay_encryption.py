# ruff: noqa: F811  fixtures are imported
"""Resources of WeChat Pay that only the APIv3 key opens."""

import base64
import json

import pytest

from payments.channels.wechatpay import certificates, signing
from tests.payments.channels.wechatpay.signed_texts import folder, go_sdk, java_sdk, key_in  # noqa: F401


class TestEncryption:
    @pytest.mark.parametrize("name", ["go_sdk", "java_sdk"])
    def test_opens_to_what_is_published(self, request, name):
        # Given
        vector = request.getfixturevalue(name)["aes_gcm"]

        # When
        text = signing.opened(
            vector["ciphertext_b64"],
            key=vector["key"].encode(),
            nonce=vector["nonce"],
            associated_data=vector["associated_data"],
        )

        # Then
        assert text.decode() == vector["plaintext"]

    def test_opens_nothing_that_was_changed(self, java_sdk):
        # Given
        vector = java_sdk["aes_gcm"]
        sealed = base64.b64decode(vector["ciphertext_b64"])
        genuine = {
            "ciphertext": vector["ciphertext_b64"],
            "key": vector["key"].encode(),
            "nonce": vector["nonce"],
            "associated_data": vector["associated_data"],
        }
        changes = [
            {
                "ciphertext": base64.b64encode(
                    sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
                )
            }
            for at in range(len(sealed))
        ]
        changes = [{name: value.decode() for name, value in change.items()} for change in changes]
        changes += [
            {"key": b"b" + genuine["key"][1:]},
            {"key": b"too short"},
            {"nonce": "uluk4a9R25RX"},
            {"nonce": ""},
            {"associated_data": "associatedDatA"},
            {"associated_data": ""},
            {"ciphertext": ""},
            {"ciphertext": genuine["ciphertext"] + "\n"},
        ]
        assert signing.opened(**genuine) == b"message"

        for change in changes:
            # When, Then
            with pytest.raises(signing.UnopenableError):
                signing.opened(**{**genuine, **change})

    @pytest.mark.parametrize("name", ["go_sdk", "java_sdk"])
    def test_opens_the_published_certificate_and_finds_its_serial(self, request, name):
        # Given
        vector = request.getfixturevalue(name)["certificates_download"]

        # When
        brought = certificates.brought(
            vector["body"].encode(), api_key=vector["api_v3_key"].encode()
        )

        # Then
        ((pem, key),) = brought
        assert key.serial == vector["expect_serial"]
        assert pem.startswith("-----BEGIN CERTIFICATE-----")

    def test_the_certificate_of_the_go_library_is_the_one_that_signed(self, folder, go_sdk):
        # Given
        vector = go_sdk["certificates_download"]
        configured = key_in(folder, go_sdk["notify"]["platform_cert"])

        # When
        ((_pem, key),) = certificates.brought(
            vector["body"].encode(), api_key=vector["api_v3_key"].encode()
        )

        # Then
        assert key.public_key.public_numbers() == configured.public_key.public_numbers()


class TestRequestText:
    """Of gunsluo/wechatpay-go, sign/sign_test.go."""

    @pytest.mark.parametrize("number", range(7))
    def test_is_as_published(self, folder, number):
        # Given
        text = (folder / "vectors_request_signing_string.json").read_text()
        cases = json.loads(text)["cases"]
        assert len(cases) == 7
        case = cases[number]

        def signed() -> bytes:
            return signing.request_text(
                case["method"],
                case["url"],
                timestamp_seconds=case["timestamp"],
                nonce=case["nonce"],
                body=case["body"].encode(),
            )

        # When, Then
        if case["valid"]:
            assert signed() == case["signing_string"].encode()
        else:
            with pytest.raises(ValueError, match="not an address"):
                signed()

    @pytest.mark.parametrize(
        ("url", "target"),
        [
            ("http://127.0.0.1:9000", "/"),
            ("http://127.0.0.1:9000/", "/"),
            ("http://127.0.0.1:9000/wx/v3/a%7Cb?c=%2F", "/wx/v3/a%7Cb?c=%2F"),
        ],
    )
    def test_signs_the_address_as_it_is_sent(self, url, target):
        text = signing.request_text("GET", url, timestamp_seconds=1, nonce="n", body=b"")

        assert text == f"GET\n{target}\n1\nn\n\n".encode()

    @pytest.mark.parametrize(
        "url", ["", "/v3", "ftp://a/b", "http:///v3", "http://a/b\n", "http://a/\tb", "http://a/\0"]
    )
    def test_refuses_what_is_not_an_address(self, url):
        with pytest.raises(ValueError, match="not an address"):
            signing.request_text("GET", url, timestamp_seconds=1, nonce="n", body=b"")


def test_the_authorization_is_the_scheme_and_five_names(our_keys):
    # When
    header = signing.authorization(
        b"text",
        merchant_no="1900009191",
        key_serial="1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C",
        key=our_keys.private,
        timestamp_seconds=1554208460,
        nonce="593BEC0C930BF1AFEB40B4A08C8FB242",
    )

    # Then
    signature = signing.sign(b"text", our_keys.private)
    assert header == (
        'WECHATPAY2-SHA256-RSA2048 mchid="1900009191",nonce_str="593BEC0C930BF1AFEB40B4A08C8FB242",'
        f'signature="{signature}",timestamp="1554208460",'
        'serial_no="1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C"'
    )
