"""Have channel accounts examined by a worker, and keep what was found; every night all of them."""

from datetime import datetime

from django.db import transaction

from ledger import jobs
from ledger.actions.audit import record_audit
from payments.actions.channel_doctor import examine
from payments.actions.channel_findings import Finding, Level
from payments.models import ChannelAccount, ChannelExamination
from payments.queries.channel_health import lock_of


@transaction.atomic(durable=True)
def request_examination(
    channel_account_id: str,
    *,
    actor: str,
    at: datetime,
    client_ip: str | None = None,
    request_id: str = "",
) -> bool:
    """Have one account examined after COMMIT. Tells whether it was not asked for already."""
    is_new = _ask(channel_account_id, actor=actor, at=at)
    if is_new:
        record_audit(
            action="channel_account.examination_requested",
            subject=channel_account_id,
            actor=actor,
            at=at,
            client_ip=client_ip,
            request_id=request_id,
        )
    return is_new


@transaction.atomic(durable=True)
def request_all(*, actor: str, at: datetime) -> int:
    """Have every account examined that is switched on; return how many. Idempotent."""
    accounts = ChannelAccount.objects.filter(is_enabled=True).values_list("pk", flat=True)
    return sum(_ask(account_id, actor=actor, at=at) for account_id in accounts.order_by("pk"))


def examine_and_keep(channel_account_id: str, *, actor: str, at: datetime) -> ChannelExamination:
    """Examine an account, then write what was found. Moves no money; twice examines twice."""
    findings = examine(ChannelAccount.objects.get(pk=channel_account_id))
    return _keep(channel_account_id, findings, actor=actor, at=at)


@transaction.atomic(durable=True)
def _keep(
    channel_account_id: str, findings: list[Finding], *, actor: str, at: datetime
) -> ChannelExamination:
    return ChannelExamination.objects.create(
        channel_account_id=channel_account_id,
        asked_by=actor,
        examined_at=at,
        errors=sum(finding.level is Level.ERROR for finding in findings),
        warnings=sum(finding.level is Level.WARNING for finding in findings),
        findings=[finding.kept() for finding in findings],
    )


def _ask(channel_account_id: str, *, actor: str, at: datetime) -> bool:
    return jobs.defer(
        "payments.examine_account",
        at=at,
        queueing_lock=lock_of(channel_account_id),
        channel_account_id=channel_account_id,
        actor=actor,
    )
