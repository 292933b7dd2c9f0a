"""Find the adapter of a channel account, with its keys loaded once, and what its channel can do.

Adding a channel means adding one line to `_BUILDERS` and one to `TRAITS`.
"""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final, Generic, TypeVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from cryptography.x509 import Certificate

from payments.channels.alipay import certificates
from payments.channels.alipay.adapter import AlipayChannel
from payments.channels.alipay.gateway import KEY_MODE_SN
from payments.channels.alipay.traits import TRAITS as ALIPAY
from payments.channels.base import (
    Channel,
    ChannelConfig,
    ChannelConfigurationError,
    ChannelTraits,
)
from payments.channels.transport import Transport
from payments.channels.unionpay.adapter import UnionPayChannel
from payments.channels.unionpay.certificates import authorities
from payments.channels.unionpay.traits import TRAITS as UNIONPAY
from payments.channels.wechatpay.adapter import WechatPayChannel
from payments.channels.wechatpay.platform_keys import PlatformKey, platform_keys
from payments.channels.wechatpay.traits import TRAITS as WECHATPAY

KEY_BITS_MIN: Final = 2048
KEYS_MAX: Final = 256

_Key = TypeVar("_Key", bound=RSAPrivateKey | RSAPublicKey)
_Known = TypeVar("_Known")


def channel_for(config: ChannelConfig, transport: Transport) -> Channel:
    """Give the adapter for an account; cheap, so call it anew for every order.

    Raises ChannelConfigurationError if the channel is not known or a key cannot be used.
    """
    try:
        build = _BUILDERS[config.channel]
    except KeyError:
        raise ChannelConfigurationError(f"There is no channel {config.channel!r}.") from None
    return build(config, transport)


def _alipay(config: ChannelConfig, transport: Transport) -> Channel:
    """Build the adapter for an Alipay app: in certificate mode if it names its own certificate."""
    if bool(config.key_serial) != bool(config.root_cert_serial):
        raise ChannelConfigurationError("key_serial and root_cert_serial belong together.")
    return AlipayChannel(
        config,
        transport=transport,
        private_key=(
            _PRIVATE_KEYS.loaded(config.private_key_pem) if config.private_key_pem else None
        ),
        channel_keys=_with_former(config, _alipay_keys),
    )


def _alipay_keys(config: ChannelConfig, number: int) -> Mapping[str, RSAPublicKey]:
    """Give Alipay's keys by SN; a former one without a certificate by a name that no SN is."""
    if config.key_serial:
        return certificates.channel_keys(config.channel_public_key_pem, bits_min=KEY_BITS_MIN)
    name = f"former {number}" if number else KEY_MODE_SN
    return {name: _PUBLIC_KEYS.loaded(config.channel_public_key_pem)}


def _wechatpay(config: ChannelConfig, transport: Transport) -> Channel:
    """Build the adapter for a merchant of WeChat Pay: in public-key mode if it has the key's id."""
    return WechatPayChannel(
        config,
        transport=transport,
        private_key=(
            _PRIVATE_KEYS.loaded(config.private_key_pem) if config.private_key_pem else None
        ),
        platform_keys=_with_former(config, _wechatpay_keys),
    )


def _wechatpay_keys(config: ChannelConfig, number: int) -> Mapping[str, PlatformKey]:
    """Give WeChat Pay's keys by the serials that messages name."""
    known = platform_keys(
        config.channel_public_key_pem, key_id=config.channel_key_id, bits_min=KEY_BITS_MIN
    )
    if not number:
        return known
    # We encrypt for the newest: without its beginning, a former one is never that.
    return {serial: replace(key, valid_from=None) for serial, key in known.items()}


def _unionpay(config: ChannelConfig, transport: Transport) -> Channel:
    """Build the adapter for a merchant of UnionPay's gateway, known by its certId."""
    if not config.key_serial:
        raise ChannelConfigurationError("key_serial, our certId, is missing.")
    return UnionPayChannel(
        config,
        transport=transport,
        private_key=(
            _PRIVATE_KEYS.loaded(config.private_key_pem) if config.private_key_pem else None
        ),
        authorities=tuple(_with_former(config, _unionpay_authorities).values()),
    )


def _unionpay_authorities(config: ChannelConfig, number: int) -> Mapping[str, Certificate]:
    """Give those who vouch for UnionPay's certificates, by fingerprint."""
    found = authorities(config.channel_public_key_pem)
    return {known.fingerprint(SHA256()).hex(): known for known in found}


def _with_former(
    config: ChannelConfig, read: Callable[[ChannelConfig, int], Mapping[str, _Known]]
) -> Mapping[str, _Known]:
    """Give the channel's keys and those before them, under one name the one in use.

    Former ones of another mode than today's, or that cannot be used, verify nothing. Raises
    ChannelConfigurationError for the one in use.
    """
    known: dict[str, _Known] = {}
    for number, (pem, key_id) in enumerate(config.former_keys, start=1):
        former = replace(config, channel_public_key_pem=pem, channel_key_id=key_id)
        with suppress(ChannelConfigurationError):
            known |= {name: key for name, key in read(former, number).items() if name not in known}
    return {**known, **read(config, 0)}


_BUILDERS: Final[Mapping[str, Callable[[ChannelConfig, Transport], Channel]]] = {
    "alipay": _alipay,
    "unionpay": _unionpay,
    "wechatpay": _wechatpay,
}

TRAITS: Final[Mapping[str, ChannelTraits]] = {
    "alipay": ALIPAY,
    "unionpay": UNIONPAY,
    "wechatpay": WECHATPAY,
}
"""What each channel can do. Two channels never share a method."""


def _load_private_key(pem: bytes) -> RSAPrivateKey:
    """Read our own key. Raises TypeError for a key of another kind."""
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("not an RSA key")
    return key


def _load_public_key(pem: bytes) -> RSAPublicKey:
    """Read the channel's key. Raises TypeError for a key of another kind."""
    key = load_pem_public_key(pem)
    if not isinstance(key, RSAPublicKey):
        raise TypeError("not an RSA key")
    return key


class _KeyCache(Generic[_Key]):
    """Keys that were loaded before: reading a private key costs more than a signature.

    Kept under the digest of their text, so that no second copy of a secret text lies about.
    """

    def __init__(self, setting: str, load: Callable[[bytes], _Key]) -> None:
        """Take the name of the setting, for complaints, and the way to read its text."""
        self._setting = setting
        self._load = load
        self._keys: dict[bytes, _Key] = {}

    def loaded(self, pem: str) -> _Key:
        """Give the key of a PEM text. Threads that meet here load it twice, which does no harm.

        Raises ChannelConfigurationError; the text itself is never in the message.
        """
        raw = pem.encode()
        digest = hashlib.sha256(raw).digest()
        key = self._keys.get(digest)
        if key is None:
            key = self._read(raw)
            if len(self._keys) >= KEYS_MAX:
                self._keys.clear()
            self._keys[digest] = key
        return key

    def _read(self, raw: bytes) -> _Key:
        """Read a key and refuse a weak one. Raises ChannelConfigurationError."""
        try:
            key = self._load(raw)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            # The cause is left out: it could quote the key.
            raise ChannelConfigurationError(f"{self._setting} is not an RSA key in PEM.") from None
        if key.key_size < KEY_BITS_MIN:
            raise ChannelConfigurationError(f"{self._setting} has fewer than {KEY_BITS_MIN} bits.")
        return key


_PRIVATE_KEYS: Final = _KeyCache("private_key_pem", _load_private_key)
_PUBLIC_KEYS: Final = _KeyCache("channel_public_key_pem", _load_public_key)
