"""What the tests of laws of manual entries and their neighbours share."""

import pytest

from ledger.actions import approvals, journal
from ledger.actions.approvals import digest_of
from ledger.models import ApprovalDecision, ApprovalRequest
from payments.models import (
    BalanceTransaction,
    ManualEntry,
    MerchantAccount,
)
from payments.postings import adjustments
from payments.queries.manual_entries import manual_entry_payload
from tests.factories.payments import MerchantFactory, paid_payment
from tests.instants import FRIDAY, NEXT_NOON, NOON
from tests.rig.attacks import check_laws, run_sql

MAKER, CHECKER = "user:1", "user:2"


@pytest.fixture
def account(either_role) -> MerchantAccount:
    """The account of a merchant with 98.00 available."""
    return available_account()


def available_account() -> MerchantAccount:
    """Make a merchant with 98.00 available, past the actions."""
    merchant = MerchantFactory()
    paid_payment(merchant)
    check_laws()
    account = MerchantAccount.objects.get(merchant=merchant)
    run_sql(
        "UPDATE payments_merchantaccount SET matured_through_date = %s WHERE id = %s",
        FRIDAY,
        account.pk,
    )
    journal.post_entry(
        journal.Entry(
            source="matured",
            kind="maturity",
            legs=(
                journal.debit("2001", merchant.pk, 9_800, "CNY"),
                journal.credit("2002", merchant.pk, 9_800, "CNY"),
            ),
            effective_date=FRIDAY,
            at=NEXT_NOON,
        )
    )
    check_laws()
    account.refresh_from_db()
    return account


def asked(account: MerchantAccount, kind: str = "freeze", **other: object) -> ManualEntry:
    """Write what somebody asks for with its request, past the actions; nobody has agreed."""
    entry = unwritten(account, kind, **other)
    entry.save(force_insert=True)
    return entry


def unwritten(account: MerchantAccount, kind: str = "freeze", **other: object) -> ManualEntry:
    reason = {"freeze": "legal_order", "unfreeze": "order_lifted", "reserve_hold": "contract"}
    entry = ManualEntry(
        **{
            "kind": kind,
            "merchant_account": account,
            "amount_minor": 5_000,
            "currency": "CNY",
            "reason_code": reason.get(kind, "mistake"),
            "note": "Attack",
            "maker": MAKER,
            "created_at": NOON,
            **other,
        }
    )
    # Nobody can ask for an amount that is none: what was asked for is sane, the entry need not be.
    payload = manual_entry_payload(entry)
    payload["amount_minor"] = max(payload["amount_minor"], 1)
    entry.approval = ApprovalRequest.objects.create(
        kind="manual_entry",
        object_type="manual_entry",
        object_id=entry.pk,
        payload=payload,
        digest=digest_of(payload),
        amount_minor=payload["amount_minor"],
        currency=payload["currency"],
        maker=MAKER,
        created_at=NOON,
        expires_at=NOON + approvals.LIFETIME,
    )
    return entry


def agree(request: ApprovalRequest) -> None:
    """Let another person agree, and mark the request as executed."""
    ApprovalDecision.objects.create(
        request=request,
        maker=request.maker,
        approver=CHECKER,
        decision="approve",
        second_factor="totp",
        digest=request.digest,
        at=NOON,
    )
    rows = ApprovalRequest.objects.filter(pk=request.pk)
    rows.update(state="approved", decided_at=NOON)
    rows.update(state="executed", decided_at=NOON)


def post(entry: ManualEntry, *, posting=adjustments.frozen, net_minor: int | None = None) -> int:
    """Book an entry past the actions, with the line that the books ask for."""
    made = posting(entry, effective_date=FRIDAY, at=NEXT_NOON)
    entry_id = journal.post_entry(made)
    write_line(entry, entry_id, -entry.amount_minor if net_minor is None else net_minor)
    return entry_id


def write_line(entry: ManualEntry, entry_id: int, net: int, *, kind: str = "freeze") -> None:
    BalanceTransaction.objects.create(
        merchant_id=entry.merchant_account.merchant_id,
        entry_id=entry_id,
        kind=kind,
        source=entry.pk,
        currency="CNY",
        gross_minor=net,
        fee_minor=0,
        net_minor=net,
        effective_date=FRIDAY,
        available_on=FRIDAY,
        created_at=NEXT_NOON,
    )


def mark_booked(entry: ManualEntry, entry_id: int) -> None:
    ManualEntry.objects.filter(pk=entry.pk).update(
        status="booked", entry_id=entry_id, booked_at=NEXT_NOON
    )


def frozen(account: MerchantAccount, amount_minor: int = 5_000) -> ManualEntry:
    """Freeze money properly, past the actions."""
    entry = asked(account, amount_minor=amount_minor)
    agree(entry.approval)
    mark_booked(entry, post(entry))
    check_laws()
    entry.refresh_from_db()
    return entry
