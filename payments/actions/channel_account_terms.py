"""Registering channel accounts, and changing their terms: one asks, another agrees.

An account begins switched off and without keys, so that whoever registers it alone moves nothing.
Its keys come by `channel_keys`, and then two people switch it on. Off is the safe direction: one
person does it at once, and orders that are under way are still asked about.
"""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from ledger.actions import approvals
from ledger.actions.approvals import Decider
from ledger.actions.audit import record_audit
from ledger.errors import StaleApprovalError
from ledger.identifiers import new_id
from ledger.models import ApprovalRequest
from ledger.states import ApprovalState
from payments import locks
from payments.actions import channel_account_checks as checks
from payments.actions.gateways import require_gateway
from payments.errors import (
    ChannelAccountKnownError,
    TermsNotAskedError,
    TermsReasonMissingError,
    TermsUnchangedError,
    UnknownChannelAccountError,
)
from payments.models import ChannelAccount
from payments.queries.channel_accounts import (
    TERMS_KIND,
    ChannelAccountTerms,
    open_terms_request,
    terms_asked,
    terms_of_account,
    terms_payload,
)


@dataclass(frozen=True, slots=True)
class AccountEntry:
    """What is entered of a new account; names as in `ChannelAccount`. Keys come later."""

    channel: str
    name: str
    currency: str
    merchant_no: str
    app_id: str = ""
    agent_code: str = ""
    gateway_url: str = ""
    channel_fee_bps: int = 0
    settles_to_id: str | None = None


@transaction.atomic(durable=True)
def register_account(
    entry: AccountEntry, *, actor: str, at: datetime, reason: str
) -> ChannelAccount:
    """Register an account with a channel, switched off and without keys. No order goes there.

    Raises TermsReasonMissingError, ChannelAccountMismatchError, what `require_gateway` raises, or
    ChannelAccountKnownError where it is registered; nothing is written then.
    """
    _require_reason(reason)
    require_gateway(entry.gateway_url, channel=entry.channel)
    account = ChannelAccount(
        id=new_id("chn"), **asdict(entry), is_enabled=False, can_transfer=False, created_at=at
    )
    checks.require_identity(account)
    checks.require_sense(account, terms_of_account(account))
    try:
        with transaction.atomic():
            account.save(force_insert=True)
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        if getattr(diagnosis, "constraint_name", "") != "payments_channel_account_once":
            raise
        raise ChannelAccountKnownError from error
    record_audit(
        action="channel_account.registered",
        subject=account.pk,
        actor=actor,
        at=at,
        reason=reason,
        after=asdict(entry),
    )
    return account


@transaction.atomic(durable=True)
def request_account_terms(
    account_id: str, terms: ChannelAccountTerms, *, actor: str, at: datetime, reason: str
) -> ApprovalRequest:
    """Ask another person to agree to other terms; until then nothing changes.

    Raises TermsReasonMissingError, UnknownChannelAccountError, TermsUnchangedError,
    ChannelAccountMismatchError, ChannelAccountUnableError where it has no usable keys and was to
    be on, PayoutsNeedCertificatesError, or ApprovalClosedError while some wait; nothing is
    written then.
    """
    _require_reason(reason)
    account = _locked(account_id)
    if terms == terms_of_account(account):
        raise TermsUnchangedError
    checks.require_sense(account, terms)
    checks.require_ability(account, terms)
    payload = terms_payload(account, terms)
    request = approvals.request_approval(
        kind=TERMS_KIND,
        object_type="channel_account",
        object_id=account.pk,
        payload=payload,
        maker=actor,
        at=at,
    )
    record_audit(
        action="channel_account_terms.requested",
        subject=account.pk,
        actor=actor,
        at=at,
        reason=reason,
        after=payload,
    )
    return request


@transaction.atomic(durable=True)
def approve_account_terms(
    account_id: str, *, shown_digest: bytes, decider: Decider, at: datetime
) -> ChannelAccount:
    """Agree to the terms that were shown; the last agreement that is needed puts them in force.

    Raises UnknownChannelAccountError, TermsNotAskedError, SelfApprovalError, StaleApprovalError
    when the account has changed since, ApprovalExpiredError, AlreadyDecidedError, and what
    `request_account_terms` raises where it cannot work any more; nothing is written then.
    """
    account, asked = _asked(account_id)
    request = approvals.decide(
        asked.pk, is_approved=True, shown_digest=shown_digest, decider=decider, at=at
    )
    if request.state != ApprovalState.APPROVED:
        return account
    terms, before = terms_asked(asked.payload), terms_of_account(account)
    payload = terms_payload(account, terms)
    if approvals.digest_of(payload) != bytes(request.digest):
        raise StaleApprovalError(object_id=account.pk)
    checks.require_sense(account, terms)
    checks.require_ability(account, terms)
    _put_in_force(account, terms)
    if not approvals.execute_unchanged({request.pk: payload}, at=at):
        raise StaleApprovalError(object_id=account.pk)
    record_audit(
        action="channel_account.terms_changed",
        subject=account.pk,
        actor=decider.actor,
        at=at,
        before=asdict(before),
        after=asdict(terms),
    )
    return account


@transaction.atomic(durable=True)
def reject_account_terms(
    account_id: str, *, shown_digest: bytes, decider: Decider, at: datetime, reason: str
) -> ChannelAccount:
    """Say no: the account stays as it is.

    Raises TermsReasonMissingError and what `approve_account_terms` raises; nothing is written then.
    """
    _require_reason(reason)
    account, asked = _asked(account_id)
    approvals.decide(
        asked.pk,
        is_approved=False,
        shown_digest=shown_digest,
        decider=decider,
        at=at,
        reason=reason,
    )
    return account


@transaction.atomic(durable=True)
def withdraw_account_terms(
    account_id: str, *, actor: str, at: datetime, reason: str
) -> ChannelAccount:
    """Give up what was asked for: the account stays as it is, and other terms may be asked for.

    Raises TermsReasonMissingError, UnknownChannelAccountError, or TermsNotAskedError where nobody
    waits for an answer any more; nothing is written then.
    """
    _require_reason(reason)
    account, asked = _asked(account_id)
    approvals.void(asked, at=at)
    record_audit(
        action="channel_account_terms.withdrawn",
        subject=account.pk,
        actor=actor,
        at=at,
        reason=reason,
        before={"request": asked.pk, "maker": asked.maker},
    )
    return account


@transaction.atomic(durable=True)
def switch_account_off(account_id: str, *, actor: str, at: datetime, reason: str) -> ChannelAccount:
    """Take nothing new by an account, from now on. One that is off stays as it is.

    Orders that are under way are still asked about. Two people switch it on again.

    Raises TermsReasonMissingError or UnknownChannelAccountError; nothing is written then.
    """
    _require_reason(reason)
    account = _locked(account_id)
    if not account.is_enabled:
        return account
    account.is_enabled = False
    account.save(update_fields=["is_enabled"])
    record_audit(
        action="channel_account.switched_off",
        subject=account.pk,
        actor=actor,
        at=at,
        reason=reason,
        before={"is_enabled": True},
        after={"is_enabled": False},
    )
    return account


def _put_in_force(account: ChannelAccount, terms: ChannelAccountTerms) -> None:
    values = asdict(terms)
    for name, value in values.items():
        setattr(account, name, value)
    account.save(update_fields=list(values))


def _locked(account_id: str) -> ChannelAccount:
    try:
        return locks.locked_channel_account(account_id)
    except ChannelAccount.DoesNotExist:
        raise UnknownChannelAccountError from None


def _asked(account_id: str) -> tuple[ChannelAccount, ApprovalRequest]:
    account = _locked(account_id)
    request = open_terms_request(account.pk)
    if request is None:
        raise TermsNotAskedError
    return account, request


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise TermsReasonMissingError
