# ruff: noqa: F811  fixtures are imported
"""What PostgreSQL refuses of reserves and of rows of bookings by hand."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ledger.actions import approvals, journal
from ledger.actions.approvals import digest_of
from ledger.identifiers import new_id
from ledger.models import ApprovalDecision, ApprovalRequest
from payments.models import (
    BalanceTransaction,
    Merchant,
    MerchantAccount,
    ReserveHold,
    ReserveUse,
)
from payments.postings import reserves
from tests.factories.payments import paid_payment
from tests.instants import FRIDAY, NOON, THURSDAY
from tests.payments.forged_by_hand import CHECKER, MAKER, account, agree, asked, mark_booked, post  # noqa: F401
from tests.rig.attacks import check_laws, every_way, refused, run_sql


class TestReserves:
    @pytest.fixture
    def held(self, account) -> ReserveHold:
        """9.80 held of a new payment, past the actions."""
        payment = paid_payment(Merchant.objects.get(pk=account.merchant_id))
        hold = self.unwritten(account, payment.allocations.get())
        hold.save(force_insert=True)
        check_laws()
        return hold

    def unwritten(self, account, allocation, amount_minor: int = 980) -> ReserveHold:
        entry = reserves.held_at_capture(
            allocation, amount_minor=980, currency="CNY", effective_date=THURSDAY, at=NOON
        )
        entry_id = journal.post_entry(entry)
        self.line(account, entry_id, -980, available_on=FRIDAY + timedelta(days=1))
        return ReserveHold(
            merchant_account=account,
            allocation=allocation,
            entry_id=entry_id,
            amount_minor=amount_minor,
            left_minor=amount_minor,
            release_on=FRIDAY,
            created_at=NOON,
        )

    def line(self, account, entry_id, net_minor, *, available_on=FRIDAY) -> None:
        BalanceTransaction.objects.create(
            merchant_id=account.merchant_id,
            entry_id=entry_id,
            kind="reserve_hold",
            source="test",
            currency="CNY",
            gross_minor=net_minor,
            fee_minor=0,
            net_minor=net_minor,
            effective_date=THURSDAY,
            available_on=available_on,
            created_at=NOON,
        )

    def released(self, account, amount_minor: int) -> int:
        made = reserves.released_when_due(
            account, amount_minor=amount_minor, business_date=FRIDAY, effective_date=FRIDAY, at=NOON
        )
        entry_id = journal.post_entry(replace(made, source=new_id("src")))
        self.line(account, entry_id, amount_minor)
        return entry_id

    @every_way
    def test_a_hold_of_more_than_its_entry_holds(self, account, write):
        payment = paid_payment(Merchant.objects.get(pk=account.merchant_id))
        write([self.unwritten(account, payment.allocations.get(), amount_minor=981)])
        with refused("is not what its entry holds"):
            check_laws()

    @every_way
    def test_a_use_lowers_what_is_left_and_never_below_nothing(self, account, held, write):
        # When
        write([self.use(held, self.released(account, 600), 600)])

        # Then
        check_laws()
        held.refresh_from_db()
        assert held.left_minor == 380
        with refused("payments_reserve_left"):
            write([self.use(held, self.released(account, 380), 381)])

    @every_way
    def test_a_use_of_more_or_less_than_its_entry_takes(self, account, held, write):
        write([self.use(held, self.released(account, 600), 599)])
        with refused("are not what entry"):
            check_laws()

    def use(self, hold: ReserveHold, entry_id: int, amount_minor: int) -> ReserveUse:
        return ReserveUse(hold=hold, entry_id=entry_id, kind="released", amount_minor=amount_minor)

    def test_what_is_left_moves_by_uses_only(self, held):
        with refused("falls by its uses only|permission denied"):
            ReserveHold.objects.update(left_minor=0)
        with refused("falls by its uses only|permission denied"):
            ReserveHold.objects.update(release_on=THURSDAY)

    def test_uses_are_written_once(self, account, held):
        self.use(held, self.released(account, 600), 600).save()
        with refused("written once|permission denied"):
            ReserveUse.objects.update(amount_minor=1)
        with refused("written once|permission denied"):
            run_sql("DELETE FROM payments_reserveuse")

    @every_way
    def test_a_payment_has_one_hold_with_its_day(self, account, held, write):
        again = ReserveHold(
            merchant_account=account,
            allocation=held.allocation,
            entry_id=self.released(account, 1),
            amount_minor=1,
            left_minor=1,
            release_on=FRIDAY,
            created_at=NOON,
        )
        with refused("payments_reserve_once_of_payment"):
            write([again])
        again.allocation = None
        with refused("payments_reserve_day"):
            write([again])

    def test_a_manual_hold_has_its_row(self, account):
        entry = asked(account, "reserve_hold")
        agree(entry.approval)
        entry_id = post(entry, posting=reserves.held_by_hand)
        with refused("has no row"):
            mark_booked(entry, entry_id)

    @pytest.mark.parametrize(("bps", "days"), [(1, 0), (10_001, 1)])
    def test_terms_that_nobody_can_mean(self, account, bps, days):
        # Given that two people agreed to them all the same
        payload = {
            "merchant": account.merchant_id,
            "currency": account.currency,
            "advance_limit_minor": 0,
            "is_reserve_for_refunds": False,
            "reserve_bps": bps,
            "reserve_days": days,
        }
        request = ApprovalRequest.objects.create(
            kind="account_terms",
            object_type="merchant",
            object_id=account.merchant_id,
            payload=payload,
            digest=digest_of(payload),
            maker=MAKER,
            created_at=NOON,
            expires_at=NOON + approvals.LIFETIME,
        )
        ApprovalDecision.objects.create(
            request=request,
            maker=MAKER,
            approver=CHECKER,
            decision="approve",
            second_factor="totp",
            digest=request.digest,
            at=NOON,
        )
        ApprovalRequest.objects.filter(pk=request.pk).update(state="approved", decided_at=NOON)

        # When, Then
        with refused("payments_account_reserve"):
            MerchantAccount.objects.filter(pk=account.pk).update(reserve_bps=bps, reserve_days=days)
