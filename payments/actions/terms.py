"""Changing what merchants are charged and may do: one person asks, another agrees.

What is asked for is a value of one of three kinds (`payments.terms`); it and what is in force
today are what people are shown. The database takes other terms with such an agreement only.
"""

from datetime import datetime

from django.db import connection, transaction

from ledger.actions import approvals
from ledger.actions.approvals import Decider
from ledger.actions.audit import record_audit
from ledger.errors import StaleApprovalError
from ledger.models import ApprovalRequest
from ledger.states import ApprovalState
from payments import locks
from payments.actions import fees
from payments.actions.events import record_event
from payments.errors import (
    FeePlanExistsError,
    TermsNotAskedError,
    TermsNotFoundError,
    TermsReasonMissingError,
    TermsUnchangedError,
)
from payments.models import Merchant, MerchantAccount
from payments.queries.terms import is_name_of_another_plan, open_terms, terms_payload
from payments.terms import AccountTerms, FeePlanTerms, MerchantTerms, Terms, terms_of


@transaction.atomic(durable=True)
def request_terms(
    terms: Terms,
    *,
    actor: str,
    at: datetime,
    reason: str,
    client_ip: str | None = None,
    request_id: str = "",
) -> ApprovalRequest:
    """Ask another person to agree to other terms. Nothing changes before they do.

    Raises TermsReasonMissingError, TermsNotFoundError, TermsUnchangedError, FeePlanExistsError for
    the next version of a plan by the name of another, AmountError for fees that make no sense,
    InvalidCycleError, or ApprovalClosedError when other terms of the same thing wait already;
    nothing is written then.
    """
    _require_reason(reason)
    _lock(terms)
    if isinstance(terms, FeePlanTerms) and is_name_of_another_plan(terms):
        raise FeePlanExistsError(name=terms.name)
    payload = terms_payload(terms)
    if payload is None:
        raise TermsNotFoundError
    if not payload.changes:
        raise TermsUnchangedError
    request = approvals.request_approval(
        kind=terms.kind,
        object_type=terms.object_type,
        object_id=terms.object_id,
        payload=payload.shown,
        maker=actor,
        at=at,
    )
    record_audit(
        action=f"{terms.kind}.requested",
        subject=terms.object_id,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        reason=reason,
        before=payload.before,
        after=payload.after,
    )
    return request


@transaction.atomic(durable=True)
def approve_terms(
    request_id: str, *, shown_digest: bytes, decider: Decider, at: datetime
) -> ApprovalRequest:
    """Agree to the terms that were shown. The last agreement that is needed puts them in force.

    Payments that are being made keep the terms that they began with.

    Raises TermsNotAskedError, SelfApprovalError, StaleApprovalError when what is in force has
    changed since, ApprovalExpiredError or AlreadyDecidedError; nothing is written then.
    """
    asked = _asked(request_id)
    terms = terms_of(asked.kind, asked.object_id, asked.payload)
    _lock(terms)
    request = approvals.decide(
        asked.pk, is_approved=True, shown_digest=shown_digest, decider=decider, at=at
    )
    if request.state != ApprovalState.APPROVED:
        return request
    payload = terms_payload(terms)
    if payload is None or approvals.digest_of(payload.shown) != bytes(request.digest):
        raise StaleApprovalError(object_id=asked.object_id)
    _put_in_force(terms, actor=decider.actor, at=at)
    approvals.execute_unchanged({request.pk: payload.shown}, at=at)
    record_audit(
        action=f"{terms.kind}.changed",
        subject=terms.object_id,
        actor=decider.actor,
        at=at,
        client_ip=decider.client_ip,
        request_id=decider.request_id,
        before=payload.before,
        after=payload.after,
    )
    return request


@transaction.atomic(durable=True)
def reject_terms(
    request_id: str, *, shown_digest: bytes, decider: Decider, at: datetime, reason: str
) -> ApprovalRequest:
    """Say no: the terms stay as they are.

    Raises TermsReasonMissingError and what `approve_terms` raises; nothing is written then.
    """
    _require_reason(reason)
    asked = _asked(request_id)
    return approvals.decide(
        asked.pk,
        is_approved=False,
        shown_digest=shown_digest,
        decider=decider,
        at=at,
        reason=reason,
    )


@transaction.atomic(durable=True)
def withdraw_terms(
    waiting_id: str,
    *,
    actor: str,
    at: datetime,
    reason: str,
    client_ip: str | None = None,
    request_id: str = "",
) -> None:
    """Give up what the request `waiting_id` asked for; the terms stay as they are.

    Raises TermsReasonMissingError or TermsNotAskedError; nothing is written then.
    """
    _require_reason(reason)
    asked = _asked(waiting_id)
    approvals.void(asked, at=at)
    record_audit(
        action=f"{asked.kind}.withdrawn",
        subject=asked.object_id,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        reason=reason,
    )


def _put_in_force(terms: Terms, *, actor: str, at: datetime) -> None:
    if isinstance(terms, FeePlanTerms):
        _next_version(terms, at=at)
    elif isinstance(terms, MerchantTerms):
        Merchant.objects.filter(pk=terms.merchant_id).update(
            fee_plan_id=terms.fee_plan_id,
            settlement_cycle=terms.settlement_cycle,
            late_money=terms.late_money,
        )
        _tell_merchant(terms.merchant_id, terms, at=at)
    else:
        account = MerchantAccount.objects.filter(
            merchant_id=terms.merchant_id, currency=terms.currency
        )
        account.update(**terms.values())
        _tell_merchant(terms.merchant_id, terms, at=at)


def _next_version(terms: FeePlanTerms, *, at: datetime) -> None:
    """Make the version, and move whoever is on an older one if that was agreed to."""
    plan = fees.write_fee_plan(terms, at=at)
    if not terms.moves_merchants:
        return
    for merchant in locks.locked_merchants_of_plan(plan.name):
        merchant.fee_plan = plan
        merchant.save(update_fields=["fee_plan"])
        _tell_merchant(merchant.pk, terms, at=at)


def _tell_merchant(merchant_id: str, terms: Terms, *, at: datetime) -> None:
    record_event(
        kind="merchant.terms_changed",
        subject=merchant_id,
        at=at,
        payload={"kind": terms.kind, **terms.values()},
    )


def _asked(request_id: str) -> ApprovalRequest:
    request = open_terms(request_id)
    if request is None:
        raise TermsNotAskedError
    return request


def _lock(terms: Terms) -> None:
    """Lock what the terms are about, so that nobody changes it in between.

    A plan's versions are written once: two next ones meet at their number, and one is refused.
    """
    assert connection.in_atomic_block, "terms are locked in a transaction"
    try:
        if isinstance(terms, MerchantTerms):
            locks.locked_merchant(terms.merchant_id)
        elif isinstance(terms, AccountTerms):
            locks.locked_merchant_accounts([terms.merchant_id], currency=terms.currency)
    except Merchant.DoesNotExist:
        raise TermsNotFoundError from None


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise TermsReasonMissingError
