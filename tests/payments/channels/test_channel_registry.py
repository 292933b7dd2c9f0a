from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from payments.channels import registry
from payments.channels.alipay.adapter import AlipayChannel
from payments.channels.base import ChannelConfigurationError
from payments.channels.registry import channel_for


def pem_pair(key) -> tuple[str, str]:
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


def test_finds_the_adapter_of_a_channel(config, transport):
    assert isinstance(channel_for(config, transport), AlipayChannel)


def test_reads_a_key_once(config, transport, monkeypatch):
    # Given
    channel_for(config, transport)
    monkeypatch.setattr(registry, "load_pem_private_key", None)
    monkeypatch.setattr(registry, "load_pem_public_key", None)

    # When, Then nothing is read again, and an account with other keys is not given these
    assert isinstance(channel_for(config, transport), AlipayChannel)
    other = replace(config, private_key_pem=config.private_key_pem + "\n")
    with pytest.raises(ChannelConfigurationError):
        channel_for(other, transport)


def test_reads_the_older_form_of_a_private_key_too(config, transport, our_keys):
    # Given
    older = our_keys.private.private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )

    # When, Then
    assert channel_for(replace(config, private_key_pem=older.decode()), transport)


def test_refuses_a_channel_that_does_not_exist(config, transport):
    with pytest.raises(ChannelConfigurationError, match="'alipay2'"):
        channel_for(replace(config, channel="alipay2"), transport)


@pytest.mark.parametrize("setting", ["private_key_pem", "channel_public_key_pem"])
def test_refuses_a_key_that_cannot_be_used_without_quoting_it(config, transport, setting):
    # Given
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505
    weak = pem_pair(short)
    curve = pem_pair(ec.generate_private_key(ec.SECP256R1()))
    which = 0 if setting == "private_key_pem" else 1

    bad = [weak[which], curve[which], weak[1 - which], "值", "-----BEGIN KEY-----"]
    # Without our own key an adapter listens; without the channel's it cannot even do that.
    bad += [""] if setting == "channel_public_key_pem" else []
    for text in bad:
        # When
        with pytest.raises(ChannelConfigurationError, match=setting) as refusal:
            channel_for(replace(config, **{setting: text}), transport)

        # Then
        assert refusal.value.__cause__ is None
        assert len(str(refusal.value)) < 80


def test_never_shows_a_key(config):
    assert "KEY" not in repr(config)
    assert config.app_id in repr(config)
