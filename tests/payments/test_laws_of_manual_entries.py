# ruff: noqa: F811  fixtures are imported
"""What PostgreSQL refuses of bookings by hand and of reserves, whoever writes and however."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ledger.actions import approvals, journal
from ledger.actions.approvals import digest_of
from ledger.models import ApprovalDecision, ApprovalRequest
from payments.postings import adjustments
from payments.queries.manual_entries import manual_entry_payload
from tests.instants import FRIDAY, NEXT_NOON, NOON
from tests.payments.forged_by_hand import (  # noqa: F401
    CHECKER,
    MAKER,
    account,
    agree,
    asked,
    frozen,
    mark_booked,
    post,
    unwritten,
)
from tests.rig.attacks import every_way, refused

NO_AGREEMENT = "has no approval by other people"


ANOTHER_ENTRY = "is not what entry"


class TestAgreement:
    def test_what_others_agreed_to_is_booked(self, account):
        assert frozen(account).status == "booked"

    @every_way
    def test_nothing_begins_as_booked(self, account, write):
        entry = unwritten(account)
        entry.status, entry.entry_id, entry.booked_at = "booked", post(entry), NEXT_NOON
        with refused("begins as pending_approval"):
            write([entry])

    def test_nobody_has_agreed(self, account):
        entry = asked(account)
        entry_id = post(entry)
        with refused(NO_AGREEMENT):
            mark_booked(entry, entry_id)

    def test_others_agreed_and_it_was_not_executed(self, account):
        entry = asked(account)
        agreed = ApprovalRequest.objects.filter(pk=entry.approval_id)
        ApprovalDecision.objects.create(
            request=entry.approval,
            maker=MAKER,
            approver=CHECKER,
            decision="approve",
            second_factor="totp",
            digest=entry.approval.digest,
            at=NOON,
        )
        agreed.update(state="approved", decided_at=NOON)
        entry_id = post(entry)
        with refused(NO_AGREEMENT):
            mark_booked(entry, entry_id)

    @pytest.mark.parametrize(
        "other", [{"amount_minor": 4_999}, {"kind": "reserve_hold"}, {"merchant": "mer_other"}]
    )
    def test_others_agreed_to_something_else(self, account, other):
        # Given a request whose payload says something else than the row
        entry = unwritten(account)
        payload = {**manual_entry_payload(entry), **other}
        ApprovalRequest.objects.filter(pk=entry.approval_id).update(state="voided")
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
        entry.save(force_insert=True)
        agree(entry.approval)
        entry_id = post(entry)

        # When, Then
        with refused(NO_AGREEMENT):
            mark_booked(entry, entry_id)

    def test_the_agreement_to_another_entry(self, account):
        first, second = asked(account), unwritten(account)
        agree(second.approval)
        agree(first.approval)
        second.approval = ApprovalRequest.objects.create(
            kind="refund",
            object_type="refund",
            object_id=second.pk,
            payload=manual_entry_payload(second),
            digest=digest_of(manual_entry_payload(second)),
            amount_minor=second.amount_minor,
            currency=second.currency,
            maker=MAKER,
            created_at=NOON,
            expires_at=NOON + timedelta(days=1),
        )
        second.save(force_insert=True)
        agree(second.approval)
        entry_id = post(second)
        with refused(NO_AGREEMENT):
            mark_booked(second, entry_id)


class TestItsEntry:
    @pytest.mark.parametrize(
        "change",
        [
            {"amount_minor": 4_999},
            {"code": ("2004", "2006")},
            {"owner_id": ("", "mer_other")},
        ],
        ids=["amount", "account", "owner"],
    )
    def test_the_entry_moves_something_else(self, account, change):
        # Given
        entry = asked(account)
        agree(entry.approval)
        made = adjustments.frozen(entry, effective_date=FRIDAY, at=NEXT_NOON)
        taken, given = made.legs
        if "code" in change:
            given = replace(given, code="2006")
        elif "owner_id" in change:
            given = replace(given, owner_id="mer_other")
        else:
            taken, given = (replace(leg, amount_minor=4_999) for leg in (taken, given))
        entry_id = journal.post_entry(replace(made, legs=(taken, given)))

        # When, Then
        with refused(ANOTHER_ENTRY):
            mark_booked(entry, entry_id)

    def test_an_entry_of_another_kind_or_cause(self, account):
        entry = asked(account, amount_minor=4_000)
        agree(entry.approval)
        made = adjustments.frozen(entry, effective_date=FRIDAY, at=NEXT_NOON)
        for other in (
            replace(made, kind="adjustment_debit"),
            replace(made, source="another:booked"),
        ):
            entry_id = journal.post_entry(other)
            with refused(ANOTHER_ENTRY):
                mark_booked(entry, entry_id)

    def test_one_entry_books_one_manual_entry(self, account):
        freeze = frozen(account)
        other = asked(account)
        agree(other.approval)
        with refused(ANOTHER_ENTRY):
            mark_booked(other, freeze.entry_id)
