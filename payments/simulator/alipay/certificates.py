"""Certificate mode: the simulated Alipay's own small authority, and serial numbers as it counts."""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from payments.simulator import signing
from payments.simulator.store import Store

_KEY_SETTING = "alipay_root_key"
_BUNDLE_SETTING = "alipay_root_bundle"
# Simulated years lie anywhere: no certificate may run out, or not have begun, in one of them.
_BEGINS_AT = datetime(2010, 1, 1, tzinfo=UTC)
_ENDS_AT = datetime(2070, 1, 1, tzinfo=UTC)
# Signature algorithms below this number are RSA's; others do not count in a bundle.
_RSA_SIGNATURES = "1.2.840.113549.1.1."


@dataclass(frozen=True)
class AppCertificates:
    """What an application in certificate mode configures, and the numbers on the wire."""

    app_cert_pem: str
    app_cert_sn: str
    alipay_cert_pem: str
    alipay_cert_sn: str
    root_cert_pem: str
    root_cert_sn: str

    def with_alipay(self, pem: str) -> "AppCertificates":
        """Give the same with another certificate of Alipay's."""
        number = _serial_text(_certificate(pem))
        return replace(self, alipay_cert_pem=pem, alipay_cert_sn=number)


def certificates_of(store: Store, *, app_id: str) -> AppCertificates | None:
    """Read what was issued to an application; None if it works with bare keys."""
    row = store.row("SELECT * FROM app_certificates WHERE app_id = ?", app_id)
    bundle = store.setting(_BUNDLE_SETTING)
    if row is None or bundle is None:
        return None
    return AppCertificates(
        app_cert_pem=row["app_cert_pem"],
        app_cert_sn=_serial_text(_certificate(row["app_cert_pem"])),
        alipay_cert_pem=row["alipay_cert_pem"],
        alipay_cert_sn=_serial_text(_certificate(row["alipay_cert_pem"])),
        root_cert_pem=bundle,
        root_cert_sn=_bundle_serial_text(bundle),
    )


def issue(
    store: Store, *, app_id: str, app_key: rsa.RSAPublicKey, alipay_key: rsa.RSAPrivateKey
) -> None:
    """Issue certificates for both sides' keys; those already issued for them stay."""
    with store.transaction() as connection:
        known = certificates_of(store, app_id=app_id)
        if known is not None and _certificate(known.app_cert_pem).public_key() == app_key:
            return
        root_key, issuer = _root(store)
        app_cert = _issued(_name(app_id, unit="Apps"), app_key, issuer=issuer, root_key=root_key)
        alipay_cert = _of_alipay(store, alipay_key) if known is None else known.alipay_cert_pem
        connection.execute(
            "INSERT INTO app_certificates VALUES (?, ?, ?) ON CONFLICT (app_id) DO UPDATE SET"
            " app_cert_pem = excluded.app_cert_pem",
            (app_id, _pem(app_cert), alipay_cert),
        )


def renew(store: Store, *, app_id: str, alipay_key: rsa.RSAPrivateKey) -> None:
    """Issue another certificate for Alipay's own new key."""
    with store.transaction() as connection:
        connection.execute(
            "UPDATE app_certificates SET alipay_cert_pem = ? WHERE app_id = ?",
            (_of_alipay(store, alipay_key), app_id),
        )


def withdraw(store: Store, *, app_id: str) -> None:
    """Let an application go back to bare keys."""
    with store.transaction() as connection:
        connection.execute("DELETE FROM app_certificates WHERE app_id = ?", (app_id,))


def _of_alipay(store: Store, alipay_key: rsa.RSAPrivateKey) -> str:
    root_key, issuer = _root(store)
    name, key = _name("Alipay Simulator", unit="Alipay"), alipay_key.public_key()
    return _pem(_issued(name, key, issuer=issuer, root_key=root_key))


def _root(store: Store) -> tuple[rsa.RSAPrivateKey, x509.Name]:
    """Read the authority's key and the name by which it issues; made when first needed."""
    issuer = _name("Alipay Simulator Root R1", unit="Certification Authority")
    kept = store.setting(_KEY_SETTING)
    if kept is not None:
        return signing.private_key_from(kept), issuer

    key = signing.new_private_key()
    # The real bundle holds several roots as well, among them some that are not RSA's and do
    # not count in its serial number.
    others = _name("Alipay Simulator Root R2", unit="Certification Authority")
    elliptic = ec.generate_private_key(ec.SECP256R1())
    bundle = (
        _pem(_issued(issuer, key.public_key(), issuer=issuer, root_key=key)),
        _pem(_issued(_name("E1"), elliptic.public_key(), issuer=_name("E1"), root_key=elliptic)),
        _pem(_issued(others, key.public_key(), issuer=others, root_key=key)),
    )
    store.keep_setting(_KEY_SETTING, value=signing.private_key_pem(key))
    store.keep_setting(_BUNDLE_SETTING, value="".join(bundle))
    return key, issuer


def _issued(
    subject: x509.Name,
    public_key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey,
    *,
    issuer: x509.Name,
    root_key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    is_root = subject == issuer
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(secrets.randbits(120) + 1)
        .not_valid_before(_BEGINS_AT)
        .not_valid_after(_ENDS_AT)
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .sign(root_key, hashes.SHA256())
    )


def _name(common_name: str, *, unit: str = "Simulator") -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tianping Simulator"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _serial_text(certificate: x509.Certificate) -> str:
    """Count as Alipay does: MD5 of the issuer, most particular part first, and the serial."""
    text = f"{certificate.issuer.rfc4514_string()}{certificate.serial_number}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _bundle_serial_text(bundle: str) -> str:
    """Join the numbers of the certificates that RSA signed."""
    return "_".join(
        _serial_text(certificate)
        for certificate in x509.load_pem_x509_certificates(bundle.encode("ascii"))
        if certificate.signature_algorithm_oid.dotted_string.startswith(_RSA_SIGNATURES)
    )


def _certificate(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode("ascii"))


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")
