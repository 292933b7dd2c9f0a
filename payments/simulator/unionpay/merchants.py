"""The merchants of the simulated UnionPay, and the certificates under which it signs for all."""

import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from payments.simulator import signing
from payments.simulator.errors import RefusedError
from payments.simulator.former_keys import FormerKey, FormerKeys
from payments.simulator.json_fields import bad_request
from payments.simulator.store import Store

CURRENCY = "CNY"
# Simulated years lie anywhere: no certificate may run out, or not have begun, in one of them.
_BEGINS_AT = datetime(2010, 1, 1, tzinfo=UTC)
_ENDS_AT = datetime(2070, 1, 1, tzinfo=UTC)
_AUTHORITY_SETTING = "unionpay_authority_key"
_ROOT = "UnionPay Simulator Root"
_BETWEEN = "UnionPay Simulator OCA"
_OWNER = "041@8310000000083040@中国银联股份有限公司@00016495"
_SHAPES = {"mer_id": r"[0-9A-Z]{15}", "cert_id": r"[0-9]{1,40}"}


@dataclass(frozen=True)
class Registration:
    """What a merchant tells UnionPay; `cert_id` is the serial of its own certificate."""

    mer_id: str
    cert_id: str
    public_key_pem: str
    fee_bps: int
    returns_fee: bool
    bank_account_no: str | None


@dataclass(frozen=True)
class Merchant:
    """One registered merchant, its key read once."""

    mer_id: str
    cert_id: str
    public_key: rsa.RSAPublicKey
    fee_bps: int
    returns_fee: bool
    bank_account_no: str | None


@dataclass(frozen=True)
class Seal:
    """With what UnionPay signs: its key, its certificate, and those over it that merchants know."""

    key: rsa.RSAPrivateKey
    certificate_pem: str
    authorities_pem: str


@dataclass
class MerchantBook:
    """All registered merchants, and UnionPay's own seal."""

    store: Store
    _read: dict[str, Merchant] = field(default_factory=dict)
    _seal: Seal | None = None
    _former: FormerKeys = field(init=False)

    def __post_init__(self) -> None:
        """Know the keys that were replaced."""
        self._former = FormerKeys(self.store, channel="unionpay")

    def find(self, mer_id: str) -> Merchant | None:
        """Look a merchant up."""
        known = self._read.get(mer_id)
        if known is not None:
            return known
        row = self.store.row("SELECT * FROM unionpay_merchants WHERE mer_id = ?", mer_id)
        if row is None:
            return None
        merchant = self._read[mer_id] = Merchant(
            mer_id=row["mer_id"],
            cert_id=row["cert_id"],
            public_key=signing.public_key_from(row["public_key_pem"]),
            fee_bps=row["fee_bps"],
            returns_fee=bool(row["returns_fee"]),
            bank_account_no=row["bank_account_no"],
        )
        return merchant

    def register(self, registration: Registration) -> Merchant:
        """Take a merchant in, or take over what it changed.

        Raises RefusedError if a number or a key has the wrong form, or if the bank account is in
        another currency.
        """
        _require_sound(registration)
        with self.store.transaction() as connection:
            account = connection.execute(
                "SELECT currency FROM bank_accounts WHERE account_no = ?",
                (registration.bank_account_no,),
            ).fetchone()
            if account is not None and account["currency"] != CURRENCY:
                detail = "the bank account has another currency"
                raise RefusedError(status=409, code="currency_conflict", detail=detail)
            connection.execute(
                "INSERT INTO unionpay_merchants VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (mer_id) DO UPDATE SET cert_id = excluded.cert_id,"
                " public_key_pem = excluded.public_key_pem, fee_bps = excluded.fee_bps,"
                " returns_fee = excluded.returns_fee, bank_account_no = excluded.bank_account_no",
                (
                    registration.mer_id,
                    registration.cert_id,
                    registration.public_key_pem,
                    registration.fee_bps,
                    int(registration.returns_fee),
                    registration.bank_account_no,
                ),
            )
        self._read.pop(registration.mer_id, None)
        merchant = self.find(registration.mer_id)
        assert merchant is not None
        return merchant

    @property
    def seal(self) -> Seal:
        """UnionPay's own key and certificates; made when first needed."""
        if self._seal is None:
            with self.store.transaction():
                kept = self.store.setting("unionpay_key")
                if kept is None:
                    self._make_seal()
                    kept = self.store.setting("unionpay_key")
            assert kept is not None
            self._seal = Seal(
                key=signing.private_key_from(kept),
                certificate_pem=self.store.setting("unionpay_certificate") or "",
                authorities_pem=self.store.setting("unionpay_authorities") or "",
            )
        return self._seal

    def seal_at(self, at_ms: int, *, is_notice: bool = False) -> Seal:
        """Give the seal that signs at this time: in turns with the former one for a while."""
        former = self._former.whose_turn(_OWNER, at_ms=at_ms, is_notice=is_notice)
        if former is None:
            return self.seal
        return Seal(former.key, former.certificate_pem, self.seal.authorities_pem)

    def rotate(self, *, until_ms: int) -> Seal:
        """Let UnionPay sign with a new key, under a new certificate of the same authority.

        Raises RefusedError where the authority's key was not kept, by an older simulator.
        """
        with self.store.transaction():
            former, kept = self.seal, self.store.setting(_AUTHORITY_SETTING)
            if kept is None:
                detail = "this simulator's authority can issue no more"
                raise RefusedError(status=409, code="no_authority", detail=detail)
            self._former.keep(
                _OWNER, FormerKey(former.key, former.certificate_pem), until_ms=until_ms
            )
            key, above = signing.new_private_key(), signing.private_key_from(kept)
            leaf = _issued(_OWNER, key, issuer=_BETWEEN, issuer_key=above, is_authority=False)
            self.store.keep_setting("unionpay_key", value=signing.private_key_pem(key))
            self.store.keep_setting("unionpay_certificate", value=leaf.strip())
            self._seal = None
            return self.seal

    def _make_seal(self) -> None:
        root_key, between_key, key = (signing.new_private_key() for _ in range(3))
        root = _issued(_ROOT, root_key, issuer=_ROOT, issuer_key=root_key, is_authority=True)
        between = _issued(
            _BETWEEN, between_key, issuer=_ROOT, issuer_key=root_key, is_authority=True
        )
        leaf = _issued(_OWNER, key, issuer=_BETWEEN, issuer_key=between_key, is_authority=False)
        self.store.keep_setting("unionpay_key", value=signing.private_key_pem(key))
        self.store.keep_setting(_AUTHORITY_SETTING, value=signing.private_key_pem(between_key))
        self.store.keep_setting("unionpay_certificate", value=leaf.strip())
        self.store.keep_setting("unionpay_authorities", value=root + between)


def _require_sound(registration: Registration) -> None:
    for name, shape in _SHAPES.items():
        if not re.fullmatch(shape, getattr(registration, name)):
            raise bad_request(f"{name} has the wrong form")
    if not 0 <= registration.fee_bps <= 10_000:
        raise bad_request("fee_bps is between 0 and 10000")
    try:
        signing.public_key_from(registration.public_key_pem)
    except ValueError as error:
        raise bad_request("public_key_pem is no RSA key of 2048 bits") from error


def _issued(
    subject: str,
    key: rsa.RSAPrivateKey,
    *,
    issuer: str,
    issuer_key: rsa.RSAPrivateKey,
    is_authority: bool,
) -> str:
    issued = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(secrets.randbits(120) + 1)
        .not_valid_before(_BEGINS_AT)
        .not_valid_after(_ENDS_AT)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )
    return issued.public_bytes(serialization.Encoding.PEM).decode("ascii")


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
