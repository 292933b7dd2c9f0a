"""Saying which account takes which payments, by two people; closing a scene, by one.

A rule sends money to another account of ours, as new terms do, so it takes two people. Closing a
scene stops something and is done at once; opening it again brings back what two people once set up.
"""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Final

from django.db import IntegrityError, transaction

from ledger.actions import approvals
from ledger.actions.approvals import Decider
from ledger.actions.audit import record_audit
from ledger.errors import ApprovalClosedError, StaleApprovalError
from ledger.models import ApprovalRequest
from ledger.states import ApprovalState
from payments import locks
from payments.errors import (
    RoutingMismatchError,
    RoutingNotFoundError,
    RoutingReasonMissingError,
    SceneClosedError,
    SceneNotClosedError,
)
from payments.models import ChannelAccount, MethodSwitch, PaymentMethod, RoutingRule
from payments.queries.methods import CHANNEL_OF_METHOD
from payments.queries.routing import rule_payload

APPROVAL_KIND: Final = "routing_rule"


@dataclass(frozen=True, slots=True)
class RuleRequest:
    """What somebody wants of a rule; fields as in `RoutingRule`, empty ones fit everything."""

    priority: int
    currency: str
    channel_account_id: str
    method: str = ""
    merchant_id: str | None = None
    from_minor: int = 0
    to_minor: int | None = None
    starts_at: time | None = None
    ends_at: time | None = None


@transaction.atomic(durable=True)
def request_rule(
    request: RuleRequest,
    *,
    actor: str,
    at: datetime,
    reason: str,
    client_ip: str | None = None,
    request_id: str = "",
) -> RoutingRule:
    """Write a rule that is not in force, and ask another person to agree to it.

    Raises RoutingReasonMissingError, or RoutingMismatchError for an account that could not take
    such a payment, or amounts and times that make no sense; nothing is written then.
    """
    _require_reason(reason)
    _require_sense(request)
    rule = RoutingRule.objects.create(
        priority=request.priority,
        merchant_id=request.merchant_id,
        method=request.method,
        currency=request.currency,
        from_minor=request.from_minor,
        to_minor=request.to_minor,
        starts_at=request.starts_at,
        ends_at=request.ends_at,
        channel_account_id=request.channel_account_id,
        created_at=at,
    )
    payload = rule_payload(rule)
    rule.approval = approvals.request_approval(
        kind=APPROVAL_KIND,
        object_type="routing_rule",
        object_id=rule.pk,
        payload=payload,
        maker=actor,
        at=at,
    )
    rule.save(update_fields=["approval"])
    record_audit(
        action="routing_rule.requested",
        subject=rule.pk,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        reason=reason,
        after=payload,
    )
    return rule


@transaction.atomic(durable=True)
def approve_rule(
    rule_id: str, *, shown_digest: bytes, decider: Decider, at: datetime
) -> RoutingRule:
    """Agree to a rule; the last agreement that is needed puts it in force. Live orders go on.

    Raises RoutingNotFoundError, SelfApprovalError, StaleApprovalError, ApprovalClosedError,
    ApprovalExpiredError or AlreadyDecidedError; nothing is written then.
    """
    rule, asked = _asked(rule_id)
    request = approvals.decide(
        asked.pk, is_approved=True, shown_digest=shown_digest, decider=decider, at=at
    )
    if request.state == ApprovalState.APPROVED:
        rule.is_enabled = True
        rule.save(update_fields=["is_enabled"])
        if not approvals.execute_unchanged({request.pk: rule_payload(rule)}, at=at):
            raise StaleApprovalError(object_id=rule.pk)
    return rule


@transaction.atomic(durable=True)
def reject_rule(
    rule_id: str, *, shown_digest: bytes, decider: Decider, at: datetime, reason: str
) -> RoutingRule:
    """Say no: the rule never comes into force.

    Raises RoutingReasonMissingError and what `approve_rule` raises; nothing is written then.
    """
    _require_reason(reason)
    rule, asked = _asked(rule_id)
    approvals.decide(
        asked.pk,
        is_approved=False,
        shown_digest=shown_digest,
        decider=decider,
        at=at,
        reason=reason,
    )
    return rule


@transaction.atomic(durable=True)
def switch_rule_off(rule_id: str, *, actor: str, at: datetime, reason: str) -> RoutingRule:
    """Take a rule out of force; it does not come back. One that is off stays as it is.

    Raises RoutingReasonMissingError or RoutingNotFoundError; nothing is written then.
    """
    _require_reason(reason)
    rule = _locked(rule_id)
    if not rule.is_enabled:
        return rule
    rule.is_enabled = False
    rule.save(update_fields=["is_enabled"])
    record_audit(
        action="routing_rule.switched_off", subject=rule.pk, actor=actor, at=at, reason=reason
    )
    return rule


@transaction.atomic(durable=True)
def close_scene(
    method: PaymentMethod,
    *,
    actor: str,
    at: datetime,
    reason: str,
    channel_account_id: str | None = None,
) -> MethodSwitch:
    """Close a scene at one account, or at all: nobody is offered it, nothing new is taken by it.

    Raises RoutingReasonMissingError, or SceneClosedError when it is closed; nothing is written.
    """
    _require_reason(reason)
    try:
        with transaction.atomic():
            switch = MethodSwitch.objects.create(
                method=method,
                channel_account_id=channel_account_id,
                reason=reason.strip(),
                closed_by=actor,
                closed_at=at,
            )
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        if getattr(diagnosis, "constraint_name", "") != "payments_method_closed_once":
            raise
        raise SceneClosedError from error
    record_audit(
        action="scene.closed",
        subject=switch.pk,
        actor=actor,
        at=at,
        reason=reason,
        after={"method": switch.method, "channel_account": channel_account_id},
    )
    return switch


@transaction.atomic(durable=True)
def open_scene(switch_id: str, *, actor: str, at: datetime, reason: str) -> MethodSwitch:
    """Open a scene again, where nothing else keeps it closed.

    Raises RoutingReasonMissingError or SceneNotClosedError; nothing is written then.
    """
    _require_reason(reason)
    switch = locks.locked_method_switch(switch_id)
    if switch is None or switch.opened_at is not None:
        raise SceneNotClosedError
    switch.opened_at, switch.opened_by = at, actor
    switch.save(update_fields=["opened_at", "opened_by"])
    record_audit(action="scene.opened", subject=switch.pk, actor=actor, at=at, reason=reason)
    return switch


def _require_sense(request: RuleRequest) -> None:
    account = ChannelAccount.objects.filter(pk=request.channel_account_id).first()
    if account is None or account.currency != request.currency:
        raise RoutingMismatchError
    if request.method and CHANNEL_OF_METHOD.get(PaymentMethod(request.method)) != account.channel:
        raise RoutingMismatchError
    is_empty = request.to_minor is not None and request.to_minor <= request.from_minor
    if request.from_minor < 0 or is_empty:
        raise RoutingMismatchError
    if (request.starts_at is None) != (request.ends_at is None):
        raise RoutingMismatchError
    if request.starts_at is not None and request.starts_at == request.ends_at:
        raise RoutingMismatchError  # It would never fit; all day is neither of the two.


def _locked(rule_id: str) -> RoutingRule:
    rule = locks.locked_routing_rule(rule_id)
    if rule is None:
        raise RoutingNotFoundError
    return rule


def _asked(rule_id: str) -> tuple[RoutingRule, ApprovalRequest]:
    rule = _locked(rule_id)
    if rule.approval is None or rule.approval.state != ApprovalState.PENDING:
        raise ApprovalClosedError(object_id=rule.pk)
    return rule, rule.approval


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise RoutingReasonMissingError
