from base64 import b64encode
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from payments.channels.base import ChannelConfigurationError
from payments.channels.unionpay import certificates
from payments.channels.unionpay.certificates import UntrustedCertificateError
from tests.instants import NOON
from tests.payments.channels.unionpay.messages import (
    AUTHORITY_KEY,
    BEGINS_AT,
    ENDS_AT,
    OWNER,
    ROOT,
    THEIR_KEY,
    THEIRS,
    certificate,
)

BETWEEN = certificate("Between", THEIR_KEY, is_authority=True)


def trusted(pem, *, configured=ROOT, at=NOON, owner=certificates.OWNER):
    return certificates.trusted_key(
        pem, known=certificates.authorities(configured), owner=owner, bits_min=2048, at=at
    )


def spoilt(old, new):
    """Change bytes of UnionPay's certificate."""
    der = x509.load_pem_x509_certificate(THEIRS.encode()).public_bytes(Encoding.DER)
    assert old in der
    body = b64encode(der.replace(old, new)).decode()
    return f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----"


def test_one_that_the_root_issued_to_unionpay_is_believed():
    assert trusted(THEIRS) == THEIR_KEY.public_key()


def test_one_that_was_issued_over_an_authority_between_is_believed():
    # Given
    leaf = certificate(OWNER, THEIR_KEY, issuer="Between", issuer_key=THEIR_KEY)

    # Then
    assert trusted(leaf, configured=ROOT + BETWEEN) == THEIR_KEY.public_key()
    with pytest.raises(UntrustedCertificateError):
        trusted(leaf)


def test_one_with_the_owner_that_is_configured_is_believed():
    leaf = certificate("00040000:SIGN@x@Test", THEIR_KEY)
    assert trusted(leaf, owner="Test") == THEIR_KEY.public_key()


@pytest.mark.parametrize("at", [BEGINS_AT - timedelta(seconds=1), ENDS_AT + timedelta(seconds=1)])
def test_one_that_is_not_valid_now_is_not_believed(at):
    with pytest.raises(UntrustedCertificateError):
        trusted(THEIRS, at=at)


def test_one_over_an_authority_that_has_run_out_is_not_believed():
    # Given
    between = certificate("Between", THEIR_KEY, is_authority=True, ends_at=NOON)
    leaf = certificate(OWNER, THEIR_KEY, issuer="Between", issuer_key=THEIR_KEY)

    # When, Then
    with pytest.raises(UntrustedCertificateError):
        trusted(leaf, configured=ROOT + between, at=NOON + timedelta(seconds=1))


@pytest.mark.parametrize(
    "pem",
    [
        "",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        THEIRS + THEIRS,
        certificate("041@1@别的公司@1", THEIR_KEY),
        certificate("中国银联股份有限公司", THEIR_KEY),
        # Signed by a stranger who calls himself the root, by itself, and by one that may not.
        certificate(OWNER, THEIR_KEY, issuer_key=THEIR_KEY),
        certificate(OWNER, THEIR_KEY, issuer=OWNER, issuer_key=THEIR_KEY, is_authority=True),
        certificate(OWNER, AUTHORITY_KEY, issuer=OWNER, issuer_key=THEIR_KEY),
        # It opens, and raises only when its issuer or its version is looked at.
        spoilt(b"\x0c\x04Root", b"\x0c\x04\xffoot"),
        spoilt(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07"),
        "x" * certificates.CERTIFICATE_LENGTH_MAX + THEIRS,
    ],
    ids=[
        "none",
        "garbled",
        "two",
        "other",
        "nameless",
        "forged",
        "self",
        "not_ca",
        "issuer",
        "version",
        "long",
    ],
)
def test_one_of_anybody_else_is_not_believed(pem):
    with pytest.raises(UntrustedCertificateError):
        trusted(pem, configured=ROOT + THEIRS)


@pytest.mark.parametrize("pem", ["", THEIRS, ROOT.replace("M", "%", 5)])
def test_an_account_needs_a_root(pem):
    with pytest.raises(ChannelConfigurationError):
        certificates.authorities(pem)


def test_a_configured_one_that_cannot_be_read_is_refused():
    with pytest.raises(ChannelConfigurationError, match="cannot be read"):
        certificates.authorities(spoilt(b"\x0c\x04Root", b"\x0c\x04\xffoot"))
