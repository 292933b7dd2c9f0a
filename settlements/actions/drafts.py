"""Drafting the settlements of one chunk of merchants, with a constant number of statements.

No line is ever loaded: sums come from one statement and items go by another, so a million lines
cost what PostgreSQL needs to copy them. Nothing of these merchants changes meanwhile, because
their accounts are locked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import connection

from ledger.actions import journal
from ledger.actions.audit import record_audit
from ledger.actions.journal import MAX_POSTINGS, Entry
from ledger.identifiers import new_id
from payments.actions.events import record_event
from payments.models import BalanceTransaction, LineKind, Merchant, MerchantAccount
from payments.screening import Verdict
from risk.actions import screenings
from settlements import locks, postings
from settlements.models import Destination, Settlement, SettlementBatch
from settlements.queries.lines import LineSums, open_sums
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


@dataclass(frozen=True, slots=True)
class _Draft:
    """One settlement about to be written, with its payout fee's line if there is a fee."""

    settlement: Settlement
    account: MerchantAccount
    payout_fee_minor: int
    fee_line_id: str


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
        _book(drafts, at=at)
        _list_items(drafts, business_date=batch.business_date)
        _judge(drafts, chunk=chunk, at=at)
        _tell(batch, drafts, chunk=chunk, actor=actor, at=at)
    return chunk


def _planned(
    batch: SettlementBatch, accounts: Sequence[MerchantAccount], *, chunk: Chunk, at: datetime
) -> list[_Draft]:
    """Decide who gets a settlement; who does not is counted in the chunk."""
    sums = open_sums(
        {account.merchant_id: _through(account, batch.business_date) for account in accounts},
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
    drafts: list[_Draft] = []
    # Risk asks for the order of the owners' ids, so that two runs never wait for each other.
    for account in sorted(accounts, key=lambda one: one.merchant_id):
        lines = sums.get(account.merchant_id)
        if lines is None or account.merchant_id in done:
            continue
        plan = plans[account.merchant_id]
        # A plan of another currency has no fee that could be charged here.
        fee_minor = plan.payout_fee_minor if plan.currency == batch.currency else 0
        if lines.net_minor <= fee_minor:
            chunk.carried += 1
        elif account.merchant_id not in destinations:
            chunk.skipped.append(SkippedMerchant(account.merchant_id, NO_DESTINATION))
        else:
            destination = destinations[account.merchant_id]
            drafts.append(
                _draft(batch, account, lines, destination=destination, fee_minor=fee_minor, at=at)
            )
    return drafts


def _draft(
    batch: SettlementBatch,
    account: MerchantAccount,
    lines: LineSums,
    *,
    destination: Destination,
    fee_minor: int,
    at: datetime,
) -> _Draft:
    settlement = Settlement(
        id=new_id("stl"),
        batch=batch,
        merchant_id=account.merchant_id,
        destination=destination,
        currency=batch.currency,
        gross_minor=lines.gross_minor,
        fee_minor=lines.fee_minor + fee_minor,
        net_minor=lines.net_minor - fee_minor,
        item_count=lines.count + (1 if fee_minor else 0),
        business_date=batch.business_date,
        created_at=at,
    )
    return _Draft(
        settlement=settlement,
        account=account,
        payout_fee_minor=fee_minor,
        fee_line_id=new_id("txn") if fee_minor else "",
    )


def _through(account: MerchantAccount, business_date: date) -> date:
    """Give the last day whose lines a run of `business_date` takes of this merchant."""
    return min(business_date, account.matured_through_date)


def _book(drafts: Sequence[_Draft], *, at: datetime) -> None:
    """Charge the payout fees (E07f) with their lines, hold the nets (E07a), write the rows."""
    charged = [draft for draft in drafts if draft.payout_fee_minor]
    entry_ids = journal.post_entries(
        [_fee_entry(draft, at=at) for draft in charged]
        + [_hold_entry(draft, at=at) for draft in drafts]
    )
    BalanceTransaction.objects.bulk_create(
        BalanceTransaction(
            id=draft.fee_line_id,
            merchant_id=draft.settlement.merchant_id,
            entry_id=entry_id,
            kind=LineKind.PAYOUT_FEE,
            source=draft.settlement.pk,
            currency=draft.settlement.currency,
            gross_minor=0,
            fee_minor=draft.payout_fee_minor,
            net_minor=-draft.payout_fee_minor,
            effective_date=draft.settlement.business_date,
            available_on=draft.account.matured_through_date,
            created_at=at,
        )
        for draft, entry_id in zip(charged, entry_ids[: len(charged)], strict=True)
    )
    for draft, entry_id in zip(drafts, entry_ids[len(charged) :], strict=True):
        draft.settlement.hold_entry_id = entry_id
    Settlement.objects.bulk_create([draft.settlement for draft in drafts])


def _fee_entry(draft: _Draft, *, at: datetime) -> Entry:
    return postings.payout_fee(
        draft.settlement.pk,
        merchant_id=draft.settlement.merchant_id,
        fee_minor=draft.payout_fee_minor,
        currency=draft.settlement.currency,
        effective_date=draft.settlement.business_date,
        at=at,
    )


def _hold_entry(draft: _Draft, *, at: datetime) -> Entry:
    return postings.held(
        draft.settlement.pk,
        merchant_id=draft.settlement.merchant_id,
        net_minor=draft.settlement.net_minor,
        currency=draft.settlement.currency,
        effective_date=draft.settlement.business_date,
        at=at,
    )


def _list_items(drafts: Sequence[_Draft], *, business_date: date) -> None:
    """List the exact lines of every settlement, by one INSERT … SELECT.

    The order is not for looks: it makes PostgreSQL read all lines before it writes the first
    item. Else the question whether a line is settled already reads what is being written, and
    the first run of an empty table takes the square of its lines.
    """
    charged = [draft for draft in drafts if draft.payout_fee_minor]
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO settlements_settlementitem
                 (settlement_id, balance_transaction_id, net_minor)
               SELECT s.id, l.id, l.net_minor
               FROM unnest(%s::text[], %s::text[], %s::date[]) AS s (id, merchant_id, through)
               JOIN payments_balancetransaction l
                 ON l.merchant_id = s.merchant_id AND l.currency = %s
                AND l.available_on <= s.through AND l.source <> s.id
               WHERE NOT EXISTS (
                 SELECT FROM settlements_settlementitem i
                 WHERE i.balance_transaction_id = l.id AND i.released_at IS NULL)
               UNION ALL
               SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[])
               ORDER BY 1, 2""",
            [
                [draft.settlement.pk for draft in drafts],
                [draft.settlement.merchant_id for draft in drafts],
                [_through(draft.account, business_date) for draft in drafts],
                drafts[0].settlement.currency,
                [draft.settlement.pk for draft in charged],
                [draft.fee_line_id for draft in charged],
                [-draft.payout_fee_minor for draft in charged],
            ],
        )


def _judge(drafts: Sequence[_Draft], *, chunk: Chunk, at: datetime) -> None:
    """Have every settlement judged; what is over a limit goes to review with the code."""
    for draft in drafts:
        settlement = draft.settlement
        judgement = screenings.screen_settlement(
            settlement_id=settlement.pk,
            merchant_id=settlement.merchant_id,
            amount_minor=settlement.net_minor,
            currency=settlement.currency,
            business_date=settlement.business_date,
            client_ip=None,
            at=at,
        )
        chunk.drafted += 1
        chunk.net_minor += settlement.net_minor
        if judgement.verdict != Verdict.ALLOW:
            chunk.in_review += 1
            settlement.status = SettlementStatus.REVIEW
            settlement.status_code = judgement.code
            settlement.save(update_fields=["status", "status_code"])


def _tell(
    batch: SettlementBatch, drafts: Sequence[_Draft], *, chunk: Chunk, actor: str, at: datetime
) -> None:
    """Write the events of the settlements and one audit row of the chunk."""
    for draft in drafts:
        settlement = draft.settlement
        record_event(
            kind="settlement.drafted",
            subject=settlement.pk,
            at=at,
            payload={
                "status": settlement.status,
                "code": settlement.status_code,
                "merchant": settlement.merchant_id,
                "amount": settlement.net_minor,
                "currency": settlement.currency,
            },
        )
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
