"""What a channel account lacks, and what is asked for instead of its terms."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from ledger.models import ApprovalRequest
from ledger.states import ApprovalState
from payments.channels import registry
from payments.models import ChannelAccount, ChannelKind

TERMS_KIND: Final = "channel_account_terms"
"""The kind of request that is about an account's terms."""

_ENCRYPTED: Final = {"api_key": "api_key_encrypted"}
"""Where an account keeps what its channel calls by another name."""


@dataclass(frozen=True, slots=True)
class ChannelAccountTerms:
    """What two people may change of an account; fields as in `ChannelAccount`."""

    name: str
    is_enabled: bool
    channel_fee_bps: int
    settles_to_id: str | None
    can_transfer: bool


def terms_of_account(account: ChannelAccount) -> ChannelAccountTerms:
    """Return the terms as they are."""
    return ChannelAccountTerms(
        **{field.name: getattr(account, field.name) for field in fields(ChannelAccountTerms)}
    )


def terms_asked(payload: dict[str, Any]) -> ChannelAccountTerms:
    """Return the terms that a request is about."""
    return ChannelAccountTerms(
        **{field.name: payload[field.name] for field in fields(ChannelAccountTerms)}
    )


def terms_payload(account: ChannelAccount, terms: ChannelAccountTerms) -> dict[str, Any]:
    """Return what people are shown and agree to: which account, its terms, and those until now."""
    was = {f"was_{name}": value for name, value in asdict(terms_of_account(account)).items()}
    about = {
        "account": account.pk,
        "channel": account.channel,
        "merchant_no": account.merchant_no,
        "app_id": account.app_id,
        "currency": account.currency,
        "gateway_url": account.gateway_url,
    }
    return {**about, **asdict(terms), **was}


def newest_terms_request(account: ChannelAccount) -> ApprovalRequest | None:
    """Return the newest request about an account's terms, decided or not."""
    asked = ApprovalRequest.objects.filter(kind=TERMS_KIND, object_id=account.pk)
    return asked.order_by("-created_at", "-pk").first()


def open_terms_request(account_id: str) -> ApprovalRequest | None:
    """Return the request about an account's terms that waits for another person."""
    return ApprovalRequest.objects.filter(
        kind=TERMS_KIND, object_id=account_id, state=ApprovalState.PENDING
    ).first()


def missing_settings(account: ChannelAccount) -> Sequence[str]:
    """Return the names of what an account has not, and its channel needs."""
    needed = ["merchant_no"]
    if account.channel != ChannelKind.BANK:
        own = (_ENCRYPTED.get(name, name) for name in registry.TRAITS[account.channel].needs)
        needed += ["gateway_url", "private_key_encrypted", *own]
    return [name for name in needed if not getattr(account, name)]
