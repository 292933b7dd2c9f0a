"""What an account of a channel must have before it is registered, switched on, or pays out.

Nothing is written here, and no channel is asked.
"""

from typing import Final

from ledger.currencies import EXPONENTS
from ledger.errors import DecryptionError
from ledger.money import BPS_PER_WHOLE
from payments.actions.channels import channel_of
from payments.channels import registry
from payments.channels.base import ChannelConfigurationError, TransferChannel
from payments.errors import (
    ChannelAccountMismatchError,
    ChannelAccountUnableError,
    PayoutsNeedCertificatesError,
)
from payments.models import ChannelAccount, ChannelKind
from payments.queries.channel_accounts import ChannelAccountTerms, missing_settings

NAME_LENGTH_MAX: Final = 80


def require_identity(account: ChannelAccount) -> None:
    """Take an account only with what its channel knows it by. Raises ChannelAccountMismatchError.

    What only keys bring is not asked for yet.
    """
    wrong = []
    if account.channel not in ChannelKind.values:
        raise ChannelAccountMismatchError(names="channel")
    if account.currency not in EXPONENTS:
        wrong.append("currency")
    is_bank = account.channel == ChannelKind.BANK
    needs_app = not is_bank and "app_id" in registry.TRAITS[account.channel].needs
    needed = {
        "merchant_no": True,
        "app_id": needs_app,
        "gateway_url": not is_bank,
        "agent_code": is_bank,
    }
    wrong += [name for name, need in needed.items() if bool(getattr(account, name)) != need]
    if wrong:
        raise ChannelAccountMismatchError(names=", ".join(wrong))


def require_sense(account: ChannelAccount, terms: ChannelAccountTerms) -> None:
    """Take terms only that such an account can have. Raises ChannelAccountMismatchError."""
    wrong = []
    if not terms.name.strip() or len(terms.name) > NAME_LENGTH_MAX:
        wrong.append("name")
    is_bank = account.channel == ChannelKind.BANK
    if not 0 <= terms.channel_fee_bps <= BPS_PER_WHOLE or (is_bank and terms.channel_fee_bps):
        wrong.append("channel_fee_bps")
    if terms.settles_to_id is not None:
        banks = ChannelAccount.objects.filter(channel=ChannelKind.BANK, currency=account.currency)
        if is_bank or not banks.filter(pk=terms.settles_to_id).exists():
            wrong.append("settles_to")
    if wrong:
        raise ChannelAccountMismatchError(names=", ".join(wrong))


def require_ability(account: ChannelAccount, terms: ChannelAccountTerms) -> None:
    """Switch on, and let pay out, only what can speak with the keys that it has.

    Raises ChannelAccountUnableError, PayoutsNeedCertificatesError, or what `require_gateway`
    raises where it may not be spoken to from here. Nobody is asked.
    """
    if account.channel == ChannelKind.BANK:
        if terms.can_transfer:
            raise PayoutsNeedCertificatesError
        return
    is_on = terms.is_enabled and not account.is_enabled
    pays_out = terms.can_transfer and (is_on or not account.can_transfer)
    if not (is_on or pays_out):
        return
    if pays_out and account.channel == ChannelKind.ALIPAY and not _has_certificates(account):
        raise PayoutsNeedCertificatesError
    missing = missing_settings(account)
    if missing:
        raise ChannelAccountUnableError(why=f"{', '.join(missing)}.")
    try:
        channel = channel_of(account)
    except (ChannelConfigurationError, DecryptionError) as error:
        raise ChannelAccountUnableError(why=str(error)) from error
    if pays_out and not isinstance(channel, TransferChannel):
        raise PayoutsNeedCertificatesError


def _has_certificates(account: ChannelAccount) -> bool:
    named = account.key_serial and account.root_cert_serial
    return bool(named) and "BEGIN CERTIFICATE" in account.channel_public_key
