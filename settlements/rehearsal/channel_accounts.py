"""A rehearsed marketplace's accounts at its channels: keys are made, exchanged and registered."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

from payments.actions.channels import point_at_gateway
from payments.actions.simulated_accounts import SimulatedAccount, register_simulated
from payments.models import ChannelAccount, ChannelKind
from settlements.rehearsal.other_side import OtherSide

ACTOR = "task:rehearsal"
ALIPAY_PATH = "/gateway.do"
BANK_PATH = "/bank"
BANK_CODE = "308100005019"
WECHAT_SERIAL = "3775B6A45ACD588826D15E583A95F5DD00000001"
UNIONPAY_PATH = "/unionpay/gateway/api"
UNIONPAY_CERT_ID = "68759663125"
WECHAT_API_KEY = "rehearsal0rehearsal0rehearsal000"


@dataclass(frozen=True, slots=True)
class Terms:
    """What all accounts of one marketplace share: whose they are, and where they settle to."""

    name: str
    currency: str
    fee_bps: int
    bank_account_no: str


@dataclass(frozen=True, slots=True)
class _Keys:
    """A pair of ours, as PEM texts."""

    private_pem: str = field(repr=False)
    public_pem: str


def bank_account(terms: Terms, *, other_side: OtherSide, at: datetime) -> ChannelAccount:
    """Register our account at the simulated bank. Again: finds it.

    Nobody calls its address, as a bank is written to by files. It says whose the account is: no
    house with real money serves with one, or pays merchants out from it.
    """
    found = _known(ChannelKind.BANK, merchant_no=terms.bank_account_no, currency=terms.currency)
    return found or _register(
        SimulatedAccount(
            channel=ChannelKind.BANK,
            name=f"{terms.name} · bank",
            currency=terms.currency,
            merchant_no=terms.bank_account_no,
            agent_code=BANK_CODE,
            gateway_url=f"{other_side.url}{BANK_PATH}",
        ),
        at=at,
    )


def alipay_account(
    terms: Terms,
    *,
    app_id: str,
    seller_id: str,
    bank: ChannelAccount,
    other_side: OtherSide,
    at: datetime,
) -> ChannelAccount:
    """Register an Alipay application in key mode, which takes payments. Again: finds it."""
    found = _known(ChannelKind.ALIPAY, app_id=app_id, currency=terms.currency)
    if found is not None:
        return point_at(found, simulator_url=other_side.url, at=at)
    keys = _new_keys()
    channel_key = other_side.register_app(
        app_id=app_id,
        public_key_pem=keys.public_pem,
        seller_id=seller_id,
        fee_bps=terms.fee_bps,
        currency=terms.currency,
        bank_account_no=terms.bank_account_no,
    )
    return _register(
        SimulatedAccount(
            channel=ChannelKind.ALIPAY,
            name=f"{terms.name} · Alipay",
            currency=terms.currency,
            merchant_no=seller_id,
            app_id=app_id,
            gateway_url=f"{other_side.url}{ALIPAY_PATH}",
            private_key_pem=keys.private_pem,
            channel_public_key=channel_key,
            channel_fee_bps=terms.fee_bps,
            settles_to_id=bank.pk,
        ),
        at=at,
    )


def wechat_account(
    terms: Terms,
    *,
    mchid: str,
    appid: str,
    bank: ChannelAccount,
    other_side: OtherSide,
    at: datetime,
) -> ChannelAccount:
    """Register a WeChat Pay merchant in public-key mode. Again: finds it."""
    found = _known(ChannelKind.WECHATPAY, merchant_no=mchid, currency=terms.currency)
    if found is not None:
        return point_at(found, simulator_url=other_side.url, at=at)
    keys = _new_keys()
    told = other_side.register_wechat_merchant(
        mchid=mchid,
        appid=appid,
        serial_no=WECHAT_SERIAL,
        public_key_pem=keys.public_pem,
        api_v3_key=WECHAT_API_KEY,
        fee_bps=terms.fee_bps,
        key_mode="public_key",
        bank_account_no=terms.bank_account_no,
        currency=terms.currency,
    )
    return _register(
        SimulatedAccount(
            channel=ChannelKind.WECHATPAY,
            name=f"{terms.name} · WeChat Pay",
            currency=terms.currency,
            merchant_no=mchid,
            app_id=appid,
            gateway_url=other_side.url,
            private_key_pem=keys.private_pem,
            channel_public_key=told.platform_public_key_pem,
            key_serial=WECHAT_SERIAL,
            channel_key_id=told.platform_key_id,
            api_key=WECHAT_API_KEY,
            channel_fee_bps=terms.fee_bps,
            settles_to_id=bank.pk,
        ),
        at=at,
    )


def unionpay_account(
    terms: Terms,
    *,
    mer_id: str,
    bank: ChannelAccount,
    other_side: OtherSide,
    at: datetime,
) -> ChannelAccount:
    """Register a merchant of UnionPay, which takes bank cards in CNY. Again: finds it."""
    found = _known(ChannelKind.UNIONPAY, merchant_no=mer_id, currency=terms.currency)
    if found is not None:
        return point_at(found, simulator_url=other_side.url, at=at)
    keys = _new_keys()
    authorities = other_side.register_unionpay_merchant(
        mer_id=mer_id,
        cert_id=UNIONPAY_CERT_ID,
        public_key_pem=keys.public_pem,
        fee_bps=terms.fee_bps,
        bank_account_no=terms.bank_account_no,
    )
    return _register(
        SimulatedAccount(
            channel=ChannelKind.UNIONPAY,
            name=f"{terms.name} · UnionPay",
            currency=terms.currency,
            merchant_no=mer_id,
            gateway_url=f"{other_side.url}{UNIONPAY_PATH}",
            private_key_pem=keys.private_pem,
            channel_public_key=authorities,
            key_serial=UNIONPAY_CERT_ID,
            channel_fee_bps=terms.fee_bps,
            settles_to_id=bank.pk,
        ),
        at=at,
    )


def wallet_account(
    terms: Terms,
    *,
    app_id: str,
    seller_id: str,
    bank: ChannelAccount,
    other_side: OtherSide,
    at: datetime,
) -> ChannelAccount:
    """Register an Alipay application in certificate mode, which pays out. Again: finds it."""
    found = _known(ChannelKind.ALIPAY, app_id=app_id, currency=terms.currency)
    if found is not None:
        return point_at(found, simulator_url=other_side.url, at=at)
    keys = _new_keys()
    exchange = partial(
        other_side.alipay.register_app,
        app_id=app_id,
        public_key_pem=keys.public_pem,
        seller_id=seller_id,
        fee_bps=terms.fee_bps,
        currency=terms.currency,
        bank_account_no=terms.bank_account_no,
    )
    issued = exchange()
    account = _register(
        SimulatedAccount(
            channel=ChannelKind.ALIPAY,
            name=f"{terms.name} · Alipay wallet",
            currency=terms.currency,
            merchant_no=seller_id,
            app_id=app_id,
            gateway_url=f"{other_side.url}{ALIPAY_PATH}",
            private_key_pem=keys.private_pem,
            channel_public_key=issued.alipay_cert_pem,
            key_serial=issued.app_cert_sn,
            root_cert_serial=issued.root_cert_sn,
            can_transfer=True,
            channel_fee_bps=terms.fee_bps,
            settles_to_id=bank.pk,
        ),
        at=at,
    )
    # Where it tells of transfers has our account's id in it, which there is only now.
    exchange(message_url=f"{settings.PUBLIC_URL}/notify/{account.id}/")
    return account


def point_at(account: ChannelAccount, *, simulator_url: str, at: datetime) -> ChannelAccount:
    """Send an account's orders to where the simulator answers. The same address: no change."""
    paths = {ChannelKind.ALIPAY: ALIPAY_PATH, ChannelKind.UNIONPAY: UNIONPAY_PATH}
    path = paths.get(ChannelKind(account.channel), "")
    return point_at_gateway(account, gateway_url=f"{simulator_url}{path}", actor=ACTOR, at=at)


def _known(channel: ChannelKind, **columns: str) -> ChannelAccount | None:
    return ChannelAccount.objects.filter(channel=channel, **columns).first()


def _register(request: SimulatedAccount, *, at: datetime) -> ChannelAccount:
    return register_simulated(request, actor=ACTOR, at=at)


def _new_keys() -> _Keys:
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    public_pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    private_pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return _Keys(private_pem=private_pem.decode(), public_pem=public_pem.decode())
