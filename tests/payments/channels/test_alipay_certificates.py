import base64
import json
import random
import re
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from payments.channels.alipay import certificates, signing
from payments.channels.base import ChannelConfigurationError, OutcomeKind
from payments.channels.registry import KEY_BITS_MIN, channel_for
from tests.instants import NOON
from tests.payments.channels.conftest import KeyPair, certificate_pem
from tests.payments.channels.gateway import Reply

NO = "pay_01jdexample0000000000000000"
PAID = {
    "code": "10000",
    "msg": "Success",
    "out_trade_no": NO,
    "trade_status": "TRADE_SUCCESS",
    "total_amount": "12.34",
    "send_pay_date": "2026-01-05 10:31:07",
}
ANSWER = "alipay_trade_query_response"


@pytest.fixture(scope="module")
def vectors(shared):
    return json.loads((shared / "vectors/alipay/vectors_cert_sn.json").read_text())


@pytest.fixture
def pem(shared, vectors):
    """Return a function that reads one of the published certificates."""
    return lambda name: (shared / "vectors/alipay" / vectors[name]).read_text()


class TestPublishedVectors:
    @pytest.mark.parametrize("name", ["app_cert", "alipay_cert"])
    def test_computes_the_sn_of_a_certificate(self, vectors, pem, name):
        assert certificates.certificate_sn(pem(name)) == vectors[f"{name}_sn"]

    def test_computes_the_sn_of_the_roots_without_those_that_rsa_did_not_sign(self, vectors, pem):
        # Given
        bundle = pem("root_cert")
        assert bundle.count("BEGIN CERTIFICATE") == 4

        # When, Then
        assert certificates.root_cert_sn(bundle) == vectors["root_cert_sn"]
        assert vectors["root_cert_sn"].count("_") == 1

    def test_finds_alipay_s_key_in_its_certificate(self, vectors, pem):
        # When
        keys = certificates.channel_keys(pem("alipay_cert"), bits_min=KEY_BITS_MIN)

        # Then
        published = base64.b64decode(vectors["alipay_public_key"])
        key = load_der_public_key(published)
        assert list(keys) == [vectors["alipay_cert_sn"]]
        assert keys[vectors["alipay_cert_sn"]].public_numbers() == key.public_numbers()

    def test_finds_the_key_of_each_of_several_certificates(self, vectors, pem):
        # When
        keys = certificates.channel_keys(
            f"old\n{pem('app_cert')}\nnew\n{pem('alipay_cert')}", bits_min=KEY_BITS_MIN
        )

        # Then
        assert set(keys) == {vectors["app_cert_sn"], vectors["alipay_cert_sn"]}


class TestUnusable:
    def test_refuses_what_is_not_one_certificate(self, alipay_keys, alipay_cert):
        cut = alipay_cert.replace("MII", "", 1)
        for text in ("", "值", alipay_keys.public_pem, alipay_cert * 2, cut):
            with pytest.raises(ChannelConfigurationError):
                certificates.certificate_sn(text)

    def test_refuses_a_bundle_in_which_nothing_counts(self, alipay_keys):
        for text in ("", alipay_keys.public_pem, _elliptic_pem()):
            with pytest.raises(ChannelConfigurationError):
                certificates.root_cert_sn(text)

    def test_does_not_change_a_certificate_kept_for_others(self, alipay_cert):
        # Given
        keys = certificates.channel_keys(alipay_cert, bits_min=KEY_BITS_MIN)

        # When, Then
        assert certificates.channel_keys(alipay_cert, bits_min=KEY_BITS_MIN) is keys
        with pytest.raises(TypeError):
            keys["0"] = keys[certificates.certificate_sn(alipay_cert)]


class TestConfiguration:
    def test_refuses_certificates_that_cannot_be_used(
        self, certified_config, transport, alipay_keys, alipay_cert
    ):
        # Given
        weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505
        weak_pem = certificate_pem(KeyPair(weak, "", ""), serial=1)
        cut = alipay_cert.replace("MII", "", 1)

        for text in ("", alipay_keys.public_pem, weak_pem, _elliptic_pem(), alipay_cert + cut):
            # When, Then
            with pytest.raises(ChannelConfigurationError) as refusal:
                channel_for(replace(certified_config, channel_public_key_pem=text), transport)
            assert len(str(refusal.value)) < 80

    @pytest.mark.parametrize("setting", ["key_serial", "root_cert_serial"])
    def test_refuses_one_serial_without_the_other(self, certified_config, transport, setting):
        with pytest.raises(ChannelConfigurationError, match="belong together"):
            channel_for(replace(certified_config, **{setting: ""}), transport)

    def test_refuses_a_certificate_in_key_mode(self, config, transport, alipay_cert):
        with pytest.raises(ChannelConfigurationError, match="channel_public_key_pem"):
            channel_for(replace(config, channel_public_key_pem=alipay_cert), transport)


class TestRequests:
    def test_names_our_certificate_and_the_roots_under_the_signature(
        self, certified, gateway, answers, our_keys
    ):
        # Given
        answers(**PAID)

        # When
        certified.query(NO, at=NOON)

        # Then
        (received,) = gateway.received
        everything = {**received.params, **received.data}
        sign = everything.pop("sign")
        text = "&".join(f"{key}={everything[key]}" for key in sorted(everything))
        assert "alipay_root_cert_sn=687b59193f3f462dd5336e5abf83c5d8_02941eef" in text
        assert "&app_cert_sn=866efef280dec9137a87d047ac446315&" in text
        assert signing.is_signed(text.encode(), sign, our_keys.private.public_key())

    def test_names_no_certificate_in_key_mode(self, channel, gateway, answers):
        # Given
        answers(**PAID)

        # When
        channel.query(NO, at=NOON)

        # Then
        assert not {"app_cert_sn", "alipay_root_cert_sn"} & set(gateway.received[0].params)


class TestAnswers:
    def test_believes_an_answer_by_the_certificate_that_it_names(self, certified, answers):
        # Given
        answers(**PAID)

        # When, Then
        assert certified.query(NO, at=NOON).kind is OutcomeKind.SUCCEEDED

    def test_believes_an_answer_by_either_certificate_while_they_change(
        self, certified_config, transport, gateway, signed, alipay_cert, strangers_keys
    ):
        # Given
        newer = certificate_pem(strangers_keys, serial=43)
        channel = channel_for(
            replace(certified_config, channel_public_key_pem=alipay_cert + newer), transport
        )
        for cert, options in ((alipay_cert, {}), (newer, {"key": strangers_keys.private})):
            raw = signed(ANSWER, PAID, cert_sn=certificates.certificate_sn(cert), **options)
            gateway.reply = lambda _, raw=raw: Reply(raw)

            # When, Then
            assert channel.query(NO, at=NOON).kind is OutcomeKind.SUCCEEDED

        # But not by the one while the other is named.
        crossed = signed(ANSWER, PAID, cert_sn=certificates.certificate_sn(newer))
        gateway.reply = lambda _: Reply(crossed)
        assert channel.query(NO, at=NOON).code == "BAD_SIGNATURE"

    @pytest.mark.parametrize("cert_sn", [None, "", "7513daaaa48aa3ba2e4018d84402479c", "值"])
    def test_does_not_believe_an_answer_that_names_none_of_ours(
        self, certified, gateway, signed, cert_sn
    ):
        # Given a signature that would be good
        raw = signed(ANSWER, PAID, cert_sn=cert_sn)
        gateway.reply = lambda _: Reply(raw)

        # When
        outcome = certified.query(NO, at=NOON)

        # Then
        assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, "BAD_SIGNATURE")
        assert outcome.amount_minor is None
        assert outcome.raw == raw.decode()

    @pytest.mark.parametrize("spelling", ["null", "{}", "7"])
    def test_does_not_believe_a_serial_that_is_no_text(self, certified, gateway, signed, spelling):
        # Given
        raw = signed(ANSWER, PAID, cert_sn="SN").replace(b'"SN"', spelling.encode())
        gateway.reply = lambda _: Reply(raw)

        # When, Then
        assert certified.query(NO, at=NOON).code == "BAD_SIGNATURE"

    def test_does_not_care_for_a_serial_in_key_mode(self, channel, gateway, signed):
        # Given
        raw = signed(ANSWER, PAID, cert_sn="7513daaaa48aa3ba2e4018d84402479c")
        gateway.reply = lambda _: Reply(raw)

        # When, Then
        assert channel.query(NO, at=NOON).kind is OutcomeKind.SUCCEEDED

    def test_does_not_believe_a_stranger_who_names_our_certificate(
        self, certified, gateway, signed, alipay_cert, strangers_keys
    ):
        # Given
        raw = signed(
            ANSWER,
            PAID,
            key=strangers_keys.private,
            cert_sn=certificates.certificate_sn(alipay_cert),
        )
        gateway.reply = lambda _: Reply(raw)

        # When, Then
        assert certified.query(NO, at=NOON).code == "BAD_SIGNATURE"

    def test_believes_no_single_changed_byte(self, certified, gateway, signed, alipay_cert):
        # Given
        raw = signed(ANSWER, PAID, cert_sn=certificates.certificate_sn(alipay_cert))
        choose = random.Random(20260106)
        mutations = []
        for _ in range(1_000):
            at = choose.randrange(len(raw))
            other = (raw[at] + choose.randrange(1, 256)) % 256
            mutations.append(raw[:at] + bytes([other]) + raw[at + 1 :])

        # When
        believed = []
        for mutated in mutations:
            gateway.reply = lambda _, mutated=mutated: Reply(mutated)
            if certified.query(NO, at=NOON).kind is not OutcomeKind.UNKNOWN:
                believed.append(mutated)

        # Then
        assert believed == []


def _elliptic_pem() -> str:
    """Issue a certificate that has nothing to do with RSA."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = certificate_pem(KeyPair(key, "", ""), serial=2)
    loaded = x509.load_pem_x509_certificate(pem.encode())
    assert not re.match(r"1\.2\.840\.113549", loaded.signature_algorithm_oid.dotted_string)
    return pem
