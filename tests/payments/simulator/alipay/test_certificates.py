"""Certificate mode: what the authority issues, and which numbers a call must name."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.payments.simulator import wire
from tests.payments.simulator.paying_shop import PayingShop, cert_sn
from tests.payments.simulator.wire import Shop, SimulatorProcess

_END = "-----END CERTIFICATE-----\n"


@pytest.fixture
def certified(simulator: SimulatorProcess, shop: Shop) -> PayingShop:
    """Register an application of the test's own in certificate mode."""
    certified = PayingShop(simulator, app_id=f"{shop.app_id}8")
    certified.register()
    return certified


def certificate(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def public_pem(of: x509.Certificate) -> str:
    key = of.public_key()
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


class TestAuthority:
    def test_issues_for_both_keys_from_one_root(self, certified: PayingShop) -> None:
        # When
        issued = certified.certificates

        # Then
        app_cert = certificate(issued["app_cert_pem"])
        alipay_cert = certificate(issued["alipay_cert_pem"])
        root = certificate(issued["root_cert_pem"].split(_END)[0] + _END)
        app_cert.verify_directly_issued_by(root)
        alipay_cert.verify_directly_issued_by(root)
        assert public_pem(app_cert) == wire.public_pem(wire.MERCHANT_KEY)
        assert public_pem(alipay_cert) == certified.alipay_pem

    def test_counts_serial_numbers_as_the_caller_does(self, certified: PayingShop) -> None:
        # When
        issued = certified.certificates

        # Then
        assert issued["app_cert_sn"] == certified.app_cert_sn
        assert issued["root_cert_sn"] == certified.root_cert_sn
        assert issued["alipay_cert_sn"] == cert_sn(issued["alipay_cert_pem"])

    def test_the_bundle_holds_a_root_that_does_not_count(self, certified: PayingShop) -> None:
        # When
        bundle = certified.certificates["root_cert_pem"]

        # Then
        keys = [root.public_key() for root in x509.load_pem_x509_certificates(bundle.encode())]
        assert [type(key) for key in keys if isinstance(key, ec.EllipticCurvePublicKey)]
        assert len([key for key in keys if isinstance(key, rsa.RSAPublicKey)]) == 2
        assert certified.root_cert_sn.count("_") == 1

    def test_registering_again_gives_the_same(self, certified: PayingShop) -> None:
        # Given
        issued = certified.certificates

        # When
        certified.register()

        # Then
        assert certified.certificates == issued

    def test_counts_as_the_official_sdk_does(self, shared: Path) -> None:
        """The number is of Alipay's own test: other people's arithmetic."""
        folder = shared / "vectors/alipay/keys"
        pem = (folder / "appCertPublicKey_2021001161683774.crt").read_text(encoding="ascii")
        assert cert_sn(pem) == "866efef280dec9137a87d047ac446315"


class TestCalls:
    def test_answers_name_alipays_certificate(
        self, certified: PayingShop, shop: Shop, number: str
    ) -> None:
        # When
        answer, plain = certified.precreate(number), shop.precreate(number)

        # Then
        assert answer.cert_sn == certified.certificates["alipay_cert_sn"]
        assert answer.signature is not None
        assert wire.is_signed(
            answer.node_text, signature=answer.signature, pem=certified.alipay_pem
        )
        assert plain.cert_sn is None

    @pytest.mark.parametrize(
        ("name", "value", "sub_code"),
        [
            ("app_cert_sn", "", "isv.missing-app-cert-sn"),
            ("app_cert_sn", "0" * 32, "isv.app-cert-not-exist"),
            ("alipay_root_cert_sn", "", "isv.missing-alipay-root-cert-sn"),
            ("alipay_root_cert_sn", "0" * 32, "isv.invalid-alipay-root-cert-sn"),
        ],
    )
    def test_refuses_other_certificates_and_writes_nothing(
        self, certified: PayingShop, number: str, name: str, value: str, sub_code: str
    ) -> None:
        # When
        answer = certified.call("alipay.trade.precreate", certified.order(number), **{name: value})

        # Then
        assert answer.words == ("40002", sub_code)
        assert certified.simulator.effects(number) == ["request"]

    def test_a_bad_signature_under_certificates_shows(
        self, certified: PayingShop, number: str
    ) -> None:
        # Given
        certified.order_fault(number, "bad_signature")

        # When
        answer = certified.precreate(number)

        # Then
        assert answer.cert_sn == certified.certificates["alipay_cert_sn"]
        assert answer.signature is not None
        assert not wire.is_signed(
            answer.node_text, signature=answer.signature, pem=certified.alipay_pem
        )

    def test_going_back_to_keys_asks_for_no_numbers(
        self, certified: PayingShop, number: str
    ) -> None:
        # Given
        plain = Shop(certified.simulator, app_id=certified.app_id)

        # When
        plain.register()

        # Then
        answer = plain.precreate(number)
        assert (answer.node["code"], answer.cert_sn) == ("10000", None)
        assert plain.alipay_pem == certified.alipay_pem
