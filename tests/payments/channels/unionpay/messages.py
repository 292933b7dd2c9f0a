"""UnionPay's side in these tests: an authority, a signing key, and signed answers."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from payments.channels.unionpay import signing

MERCHANT_NO = "777290058110048"
CHANNEL_NO = "ATT01KJY2E1G0QC5G9P75NJ72BVAT"
TXN_TIME = "20260305120000"
"""What the number says: read off with the alphabet of Crockford's base 32, by hand."""
BEGINS_AT = datetime(2020, 1, 1, tzinfo=UTC)
ENDS_AT = datetime(2030, 1, 1, tzinfo=UTC)
OWNER = "041@8310000000083040@中国银联股份有限公司@00016495"
AUTHORITY_KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
THEIR_KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


def name(common_name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def certificate(
    subject, key, *, issuer="Root", issuer_key=AUTHORITY_KEY, is_authority=False, ends_at=ENDS_AT
):
    """Issue a certificate, as PEM text."""
    issued = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGINS_AT)
        .not_valid_after(ends_at)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )
    return issued.public_bytes(serialization.Encoding.PEM).decode()


ROOT = certificate("Root", AUTHORITY_KEY, is_authority=True)
THEIRS = certificate(OWNER, THEIR_KEY)


def signed(fields, *, key=THEIR_KEY, pem=THEIRS):
    """Sign fields as UnionPay does."""
    whole = {"signMethod": "01", "signPubKeyCert": pem, **fields}
    return {**whole, "signature": signing.sign(whole, key)}


def answer(fields, **how):
    """Write a signed answer, not URL-encoded."""
    told = {"merId": MERCHANT_NO, "orderId": CHANNEL_NO, "txnTime": TXN_TIME, **fields}
    return "&".join(f"{key}={value}" for key, value in signed(told, **how).items()).encode()


def notice(fields, **how):
    """Write a signed notification, URL-encoded."""
    told = {"merId": MERCHANT_NO, "orderId": CHANNEL_NO, "txnTime": TXN_TIME, **fields}
    return urlencode(signed(told, **how)).encode()
