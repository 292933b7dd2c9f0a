"""Drafting the settlements of one chunk of merchants in a run."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from ledger.actions.audit import record_audit
from ledger.actions.journal import MAX_POSTINGS
from payments.models import Merchant, MerchantAccount
from payments.screening import Verdict
from settlements import locks
from settlements.actions import drafting, judgements
from settlements.actions.drafting import Draft
from settlements.models import Destination, Settlement, SettlementBatch
from settlements.queries.lines import open_sums, payout_fee_minor, standing_of, through
from settlements.states import SettlementStatus

CHUNK = MAX_POSTINGS // 5
"""Merchants of one transaction: four postings each fit into one call of the ledger."""

NO_DESTINATION = "no_destination"


@dataclass(frozen=True, slots=True)
class SkippedMerchant:
    """A merchant whose money waits for somebody: `reason` is a stable code."""

    merchant_id: str
    reason: str


@dataclass(slots=True)
class Chunk:
    """What became of one chunk of merchants; `last_account_id` is where the next one begins."""

    last_account_id: int
    looked_at: int = 0
    drafted: int = 0
    in_review: int = 0
    carried: int = 0
    net_minor: int = 0
    skipped: list[SkippedMerchant] = field(default_factory=list)


def draft_chunk(batch: SettlementBatch, *, after_id: int, actor: str, at: datetime) -> Chunk:
    """Draft the settlements of the next merchants after an account id. A part.

    Whoever is in the batch already is passed over, so doing it again changes nothing.
    """
    assert connection.in_atomic_block, "draft_chunk is a part; open a transaction around it"
    accounts = locks.locked_merchant_accounts(
        currency=batch.currency, after_id=after_id, limit=CHUNK
    )
    last_id = accounts[-1].pk if accounts else after_id
    chunk = Chunk(last_account_id=last_id, looked_at=len(accounts))
    drafts = _planned(batch, accounts, chunk=chunk, at=at)
    if drafts:
        drafting.write(drafts, at=at)
        _judge(drafts, chunk=chunk, at=at)
        _tell(batch, drafts, chunk=chunk, actor=actor, at=at)
    return chunk


def _planned(
    batch: SettlementBatch, accounts: Sequence[MerchantAccount], *, chunk: Chunk, at: datetime
) -> list[Draft]:
    """Decide who gets a settlement; who does not is counted in the chunk."""
    sums = open_sums(
        {account.merchant_id: through(account, batch.business_date) for account in accounts},
        currency=batch.currency,
    )
    done = set(
        Settlement.objects.filter(batch=batch, merchant_id__in=list(sums)).values_list(
            "merchant_id", flat=True
        )
    )
    plans = {
        merchant.pk: merchant.fee_plan
        for merchant in Merchant.objects.filter(pk__in=list(sums)).select_related("fee_plan")
    }
    destinations = {
        destination.merchant_id: destination
        for destination in Destination.objects.filter(
            merchant_id__in=list(sums), currency=batch.currency, is_active=True
        )
    }
    standing = standing_of(accounts)
    drafts: list[Draft] = []
    # Risk asks for the order of the owners' ids, so that two runs never wait for each other.
    for account in sorted(accounts, key=lambda one: one.merchant_id):
        lines = sums.get(account.merchant_id)
        if lines is None or account.merchant_id in done:
            continue
        fee_minor = payout_fee_minor(plans[account.merchant_id], currency=batch.currency)
        # A run of a day that is over does not see what was refunded since; that money is gone.
        if lines.net_minor <= fee_minor or lines.net_minor > standing[account.merchant_id]:
            chunk.carried += 1
        elif account.merchant_id not in destinations:
            chunk.skipped.append(SkippedMerchant(account.merchant_id, NO_DESTINATION))
        else:
            drafts.append(
                drafting.plan(
                    account,
                    lines,
                    destination=destinations[account.merchant_id],
                    payout_fee_minor=fee_minor,
                    business_date=batch.business_date,
                    at=at,
                    batch=batch,
                )
            )
    return drafts


def _judge(drafts: Sequence[Draft], *, chunk: Chunk, at: datetime) -> None:
    """Have every settlement judged; what is over a limit goes to review with the code."""
    for draft in drafts:
        settlement = draft.settlement
        judgement = judgements.judge(settlement, client_ip=None, at=at)
        chunk.drafted += 1
        chunk.net_minor += settlement.net_minor
        if judgement.verdict != Verdict.ALLOW:
            chunk.in_review += 1
            settlement.status = SettlementStatus.REVIEW
            settlement.status_code = judgement.code
            settlement.save(update_fields=["status", "status_code"])


def _tell(
    batch: SettlementBatch, drafts: Sequence[Draft], *, chunk: Chunk, actor: str, at: datetime
) -> None:
    """Write the events of the settlements and one audit row of the chunk."""
    for draft in drafts:
        drafting.tell(draft.settlement, at=at)
    record_audit(
        action="settlement.run",
        subject=batch.pk,
        actor=actor,
        at=at,
        after={
            "run": str(batch),
            "drafted": chunk.drafted,
            "in_review": chunk.in_review,
            "net": chunk.net_minor,
        },
    )
