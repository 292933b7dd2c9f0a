"""Registering accounts at a simulator, keys and all and switched on, in one deed of nobody's.

Only a rehearsal does so: everywhere else one person registers an account switched off, and two
give it its keys and switch it on (`payments.actions.channel_account_terms`, `channel_keys`).
PostgreSQL keeps it (`payments_account_starts`): what is born otherwise stands at a gateway without
TLS, and those are spoken to by sandboxes alone.
"""

from dataclasses import asdict, dataclass, field
from datetime import datetime

from django.db import transaction

from ledger.actions.audit import record_audit
from ledger.identifiers import new_id
from payments.actions.channel_secrets import seal_for_account
from payments.actions.gateways import require_gateway
from payments.models import ChannelAccount

_SECRETS = ("private_key_pem", "api_key")


@dataclass(frozen=True, slots=True)
class SimulatedAccount:
    """What is entered when an account at a simulator is registered. Keys are PEM texts.

    Names as in `ChannelAccount`; `private_key_pem` and `api_key` are sealed for it.
    """

    channel: str
    name: str
    currency: str
    merchant_no: str
    gateway_url: str
    app_id: str = ""
    agent_code: str = ""
    private_key_pem: str = field(default="", repr=False)
    channel_public_key: str = ""
    key_serial: str = ""
    channel_key_id: str = ""
    root_cert_serial: str = ""
    api_key: str = field(default="", repr=False)
    can_transfer: bool = False
    channel_fee_bps: int = 0
    settles_to_id: str | None = None


@transaction.atomic(durable=True)
def register_simulated(entry: SimulatedAccount, *, actor: str, at: datetime) -> ChannelAccount:
    """Register an account at a simulator, switched on. Its secrets are sealed, bound to its row.

    Raises what `require_gateway` raises, and IntegrityError of PostgreSQL for what is no
    simulator's; nothing is written then.
    """
    require_gateway(entry.gateway_url, channel=entry.channel)
    values = {name: value for name, value in asdict(entry).items() if name not in _SECRETS}
    account = ChannelAccount(id=new_id("chn"), **values, is_enabled=True, created_at=at)
    seal_for_account(account, private_key=entry.private_key_pem, api_key=entry.api_key)
    account.save(force_insert=True)
    record_audit(
        action="channel_account.registered",
        subject=account.id,
        actor=actor,
        at=at,
        after={"channel": entry.channel, "app_id": entry.app_id, "name": entry.name},
    )
    return account
