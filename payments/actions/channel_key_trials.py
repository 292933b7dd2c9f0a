"""Try keys that are not in use yet: whether the account could speak with them. Nobody is asked."""

from copy import copy
from dataclasses import dataclass, field
from typing import Final

from django.views.decorators.debug import sensitive_variables

from payments.actions import channel_secrets
from payments.actions.channels import tried
from payments.channels.base import ChannelConfigurationError
from payments.errors import KeysDoNotFitError
from payments.models import ChannelAccount, ChannelKeySet
from payments.queries.channel_accounts import missing_settings

_PLAIN: Final = ("channel_public_key", "key_serial", "channel_key_id", "root_cert_serial")


@dataclass(frozen=True, slots=True)
class _Secrets:
    """Our secrets as they would be; empty where there is none, or nobody can read it any more."""

    private_key: str = field(repr=False)
    api_key: str = field(repr=False)


@sensitive_variables()
def require_working(account: ChannelAccount, keys: ChannelKeySet) -> None:
    """Take keys only with which the account could speak, once they are in use.

    An account that lacks something after them as well gets its keys one by one: nothing can be
    tried yet, and it is not switched on before. What brings no key is not tried either: an address
    and the end of former keys change nothing here. Writes nothing.

    Raises KeysDoNotFitError, and what `require_gateway` raises of the gateway that it would have.
    """
    secrets = channel_secrets.SEALED
    if not any(getattr(keys, name) for name in (*_PLAIN, *secrets)):
        return
    after = copy(account)
    for name in ("gateway_url", *_PLAIN, *secrets):
        setattr(after, name, getattr(keys, name) or getattr(account, name))
    if not after.channel_public_key or missing_settings(after):
        return
    ours = _Secrets(
        *(
            channel_secrets.legible(keys if getattr(keys, name) else account, name)
            for name in secrets
        )
    )
    after.api_key_encrypted = ""  # What is in it was opened above.
    try:
        tried(after, private_key_pem=ours.private_key, api_key=ours.api_key)
    except ChannelConfigurationError as error:
        raise KeysDoNotFitError(why=str(error)) from None
