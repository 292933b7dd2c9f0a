"""What PostgreSQL refuses of bookings by hand and of reserves, whoever writes and however."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ledger import chart
from ledger.actions import approvals, journal
from ledger.actions.approvals import digest_of
from ledger.identifiers import new_id
from ledger.models import Account, ApprovalDecision, ApprovalRequest, JournalEntry
from payments.actions.manual_entry_bookings import Posting
from payments.models import (
    BalanceTransaction,
    ManualEntry,
    Merchant,
    MerchantAccount,
    ReserveHold,
    ReserveUse,
)
from payments.postings import adjustments, debts, reserves
from payments.queries.manual_entries import manual_entry_payload
from tests.factories.payments import MerchantFactory, paid_payment
from tests.instants import FRIDAY, NEXT_NOON, NOON, THURSDAY
from tests.rig.attacks import check_laws, every_way, refused, run_sql

MAKER, CHECKER = "user:1", "user:2"
NO_AGREEMENT = "has no approval by other people"
ANOTHER_ENTRY = "is not what entry"


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


FORGED = [
    (adjustments.adjusted_in_favour, "adjustment_credit"),
    (adjustments.adjusted_against, "adjustment_debit"),
    (adjustments.frozen, "freeze"),
    (reserves.held_by_hand, "reserve_hold"),
    (debts.written_off, "debt_write_off"),
    (debts.recovered_by_hand, "debt_recovery"),
]
"""What somebody might book without asking; what undoes another needs that other first."""


def forged(kind: str, legs: tuple[journal.Leg, ...]) -> journal.Entry:
    return journal.Entry(
        source="man_forged:booked", kind=kind, legs=legs, effective_date=FRIDAY, at=NEXT_NOON
    )


def book_forged(account: MerchantAccount, posting: Posting, kind: str) -> None:
    """Book as a booking by hand would, with its line; nobody asked for it."""
    if kind.startswith("debt"):
        owe(account)
    entry = ManualEntry(
        id="man_forged", kind=kind, merchant_account=account, amount_minor=4_000, currency="CNY"
    )
    entry_id = journal.post_entry(posting(entry, effective_date=FRIDAY, at=NEXT_NOON))
    sign = {"adjustment_credit": 1, "debt_write_off": 1, "debt_recovery": 0}.get(kind, -1)
    line = {"debt_write_off": "write_off", "freeze": "freeze", "reserve_hold": "reserve_hold"}
    if sign:
        write_line(entry, entry_id, sign * 4_000, kind=line.get(kind, "adjustment"))


def owe(account: MerchantAccount) -> None:
    """Let a merchant owe 50.00, as a refund would that nobody else pays."""
    owner = account.merchant_id
    legs = (
        journal.debit("1201", owner, 5_000, "CNY"),
        journal.credit("2002", owner, 5_000, "CNY"),
    )
    journal.post_entry(replace(forged("lent", legs), source="lent"))


def recovered_by_hand(account: MerchantAccount) -> int:
    """Take 40.00 of a debt back properly, past the actions; return its entry."""
    owe(account)
    entry = asked(account, "debt_recovery", amount_minor=4_000, reason_code="overdue")
    agree(entry.approval)
    made = debts.recovered_by_hand(entry, effective_date=FRIDAY, at=NEXT_NOON)
    entry_id = journal.post_entry(made)
    mark_booked(entry, entry_id)
    check_laws()
    return entry_id


def add_to(entry_id: int, *, debited: str, credited: str, owner: str) -> None:
    """Add two postings to an entry past `ledger_post_entries`."""
    for code in (debited, credited):
        Account.objects.get_or_create(
            code=code,
            owner_id=owner,
            currency="CNY",
            defaults={
                "normal_side": chart.CHART[code].normal_side,
                "is_floored": chart.CHART[code].is_floored,
            },
        )
    for code, side in ((debited, "D"), (credited, "C")):
        run_sql(
            "INSERT INTO ledger_posting (entry_id, account_id, currency, side, amount_minor,"
            " balance_after_minor, seq) SELECT %s, id, 'CNY', %s, 9000000, 0, 0"
            " FROM ledger_account WHERE code = %s AND owner_id = %s AND currency = 'CNY'",
            *(entry_id, side, code, owner),
        )


def frozen(account: MerchantAccount, amount_minor: int = 5_000) -> ManualEntry:
    """Freeze money properly, past the actions."""
    entry = asked(account, amount_minor=amount_minor)
    agree(entry.approval)
    mark_booked(entry, post(entry))
    check_laws()
    entry.refresh_from_db()
    return entry


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


class TestByHandOnly:
    """What people book by hand is in the books with their agreement, or not at all."""

    @pytest.mark.parametrize(("posting", "kind"), FORGED)
    def test_an_entry_that_nobody_asked_for(self, account, posting, kind):
        # Given an entry and its line as the action would write them, and neither row nor request
        book_forged(account, posting, kind)

        # When, Then
        with refused("books by hand what nobody agreed to"):
            check_laws()

    def test_an_entry_of_a_row_that_is_not_booked(self, account):
        post(asked(account))
        with refused("books by hand what nobody agreed to"):
            check_laws()

    @pytest.mark.parametrize("code", ["2004", "4009", "5004", "5009"])
    def test_what_is_moved_by_hand_only_under_another_kind(self, account, code):
        legs = (
            journal.debit("1001", "bnk_1", 9_000_000, "CNY"),
            journal.credit(code, account.merchant_id, 9_000_000, "CNY"),
        )
        with refused("booked by hand only"):
            journal.post_entry(forged("captured", legs))

    def test_more_in_an_entry_than_was_agreed_to(self, account):
        # Given a freeze that is properly booked
        entry = asked(account)
        agree(entry.approval)
        entry_id = post(entry)
        mark_booked(entry, entry_id)

        # When somebody adds to its entry, before the deferred laws look at it
        add_to(entry_id, debited="5009", credited="2004", owner=account.merchant_id)

        # Then
        with refused("books by hand what nobody agreed to"):
            check_laws()

    def test_nothing_is_added_once_it_was_looked_at(self, account):
        entry = asked(account)
        agree(entry.approval)
        entry_id = post(entry)
        mark_booked(entry, entry_id)
        run_sql("SET CONSTRAINTS payments_by_hand_agreed IMMEDIATE")
        with refused("takes postings only in the transaction"):
            add_to(entry_id, debited="5009", credited="2004", owner=account.merchant_id)

    def test_nobody_reverses_it(self, account):
        # Given a debt that was taken back by hand
        entry_id = recovered_by_hand(account)

        # When
        recovery = JournalEntry.objects.get(pk=entry_id)
        journal.reverse_entry(recovery, effective_date=FRIDAY, at=NEXT_NOON, reason="Attack")

        # Then
        with refused("reverses what was booked by hand"):
            check_laws()


class TestUnfreezing:
    def test_never_more_than_is_frozen(self, account):
        # Given two freezes of 50.00 and 20.00
        freeze = frozen(account)
        frozen(account, 2_000)
        entry = asked(account, "unfreeze", freeze=freeze, amount_minor=5_001)
        agree(entry.approval)
        entry_id = post(entry, posting=adjustments.unfrozen, net_minor=5_001)

        # When, Then
        with refused("is more than its freeze holds"):
            mark_booked(entry, entry_id)

    def test_never_more_than_earlier_ones_left(self, account):
        # Given
        freeze = frozen(account)
        frozen(account, 2_000)
        for amount_minor, is_refused in ((3_000, False), (2_001, True)):
            entry = asked(account, "unfreeze", freeze=freeze, amount_minor=amount_minor)
            agree(entry.approval)
            entry_id = post(entry, posting=adjustments.unfrozen, net_minor=amount_minor)
            if not is_refused:
                mark_booked(entry, entry_id)
                continue
            with refused("is more than its freeze holds"):
                mark_booked(entry, entry_id)

    def test_never_a_freeze_that_nobody_booked(self, account):
        frozen(account)
        entry = asked(account, "unfreeze", freeze=asked(account))
        agree(entry.approval)
        entry_id = post(entry, posting=adjustments.unfrozen, net_minor=5_000)
        with refused("is more than its freeze holds"):
            mark_booked(entry, entry_id)

    @every_way
    def test_it_names_a_freeze_and_nothing_else_does(self, account, write):
        freeze = frozen(account)
        with refused("payments_manual_freeze"):
            write([unwritten(account, "unfreeze")])
        with refused("payments_manual_freeze"):
            write([unwritten(account, "freeze", freeze=freeze)])


class TestRows:
    @every_way
    @pytest.mark.parametrize(
        ("kind", "other", "why"),
        [
            ("freeze", {"amount_minor": 0}, "payments_manual_positive"),
            ("freeze", {"reason_code": "goodwill"}, "payments_manual_reason"),
            ("bribe", {}, "payments_manual_reason"),
            ("reserve_release", {}, "payments_manual_reserve"),
        ],
    )
    def test_what_makes_no_sense(self, account, write, kind, other, why):
        with refused(why):
            write([unwritten(account, kind, **other)])

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("amount_minor", 1),
            ("kind", "reserve_hold"),
            ("currency", "USD"),
            ("reason_code", "suspected_fraud"),
            ("note", "Another"),
            ("maker", "user:3"),
            ("refers_to", "x"),
        ],
    )
    def test_what_was_asked_for_never_changes(self, account, column, value):
        entry = asked(account)
        with refused(f"column {column} of payments_manualentry never changes"):
            ManualEntry.objects.filter(pk=entry.pk).update(**{column: value})

    def test_what_is_booked_stays_as_it_was(self, account):
        entry = frozen(account)
        with refused("was booked, and stays as it was"):
            ManualEntry.objects.filter(pk=entry.pk).update(booked_at=NOON)

    def test_nothing_is_deleted(self, account, either_role):
        frozen(account)
        words = "written once|permission denied"
        for table in ("payments_manualentry", "payments_reservehold", "payments_reserveuse"):
            with refused(words):
                run_sql(f"TRUNCATE {table} CASCADE")
        with refused(words):
            run_sql("DELETE FROM payments_manualentry")


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
