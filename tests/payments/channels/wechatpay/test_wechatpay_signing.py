"""The published vectors of WeChat Pay's own libraries, byte for byte."""

import base64
import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from payments.channels.wechatpay import certificates, signing
from payments.channels.wechatpay.platform_keys import PlatformKey, read_platform_keys


@pytest.fixture(scope="module")
def folder(shared):
    return shared / "vectors/wechatpay"


@pytest.fixture(scope="module")
def go_sdk(folder):
    return json.loads((folder / "vectors_go_sdk.json").read_text())


@pytest.fixture(scope="module")
def java_sdk(folder):
    return json.loads((folder / "vectors_java_sdk.json").read_text())


def key_in(folder, name: str) -> PlatformKey:
    (key,) = read_platform_keys((folder / name).read_bytes())
    return key


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
