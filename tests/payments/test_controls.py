"""Each law of bookings by hand and of reserves refuses its attack, and nothing else would."""

import pytest

from ledger.actions import journal
from ledger.models import JournalEntry
from payments.models import ManualEntry, Merchant, MerchantAccount, ReserveHold, ReserveUse
from payments.postings import adjustments
from tests.factories.payments import FeePlanFactory, MerchantFactory, paid_payment
from tests.instants import FRIDAY, NEXT_NOON
from tests.payments.actions.test_terms_by_two import unopened_account, version_agreed_in_brl
from tests.payments.forged_by_hand import agree, asked, available_account, frozen, mark_booked, post
from tests.payments.test_laws_by_hand_only import add_to, book_forged, forged, recovered_by_hand
from tests.payments.test_laws_of_reserves import TestReserves
from tests.rig.attacks import check_laws
from tests.rig.controls import Control, assert_the_law_alone_refuses

ENTRIES = "ledger_journalentry"
BY_HAND, HOLDS, USES = "payments_manualentry", "payments_reservehold", "payments_reserveuse"
RESERVES = TestReserves()
del TestReserves  # its own tests are in its own module


@pytest.fixture
def account(scratch) -> MerchantAccount:
    return available_account()


@pytest.fixture
def held(account) -> ReserveHold:
    """9.80 held of a new payment, past the actions."""
    hold = unwritten(account)
    hold.save(force_insert=True)
    check_laws()
    return hold


def unwritten(account: MerchantAccount, amount_minor: int = 980) -> ReserveHold:
    payment = paid_payment(Merchant.objects.get(pk=account.merchant_id))
    return RESERVES.unwritten(account, payment.allocations.get(), amount_minor)


def test_nobody_agreed(account):
    entry = asked(account)

    def lie() -> bool:
        mark_booked(entry, post(entry))
        check_laws()
        return True

    assert_the_law_alone_refuses(Control(BY_HAND, "payments_manual_is_agreed", lie))


def test_nobody_asked_for_what_is_booked_by_hand(account):
    def lie() -> bool:
        book_forged(account, adjustments.adjusted_in_favour, "adjustment_credit")
        check_laws()
        return True

    assert_the_law_alone_refuses(Control(ENTRIES, "payments_by_hand_agreed", lie))


def test_what_is_booked_by_hand_is_reversed(account):
    recovery = JournalEntry.objects.get(pk=recovered_by_hand(account))

    def lie() -> bool:
        journal.reverse_entry(recovery, effective_date=FRIDAY, at=NEXT_NOON, reason="Attack")
        check_laws()
        return True

    assert_the_law_alone_refuses(Control(ENTRIES, "payments_by_hand_agreed", lie))


def test_what_is_moved_by_hand_only_moves_under_another_kind(account):
    legs = (
        journal.debit("1001", "bnk_1", 1, "CNY"),
        journal.credit("2401", account.merchant_id, 1, "CNY"),
    )

    def lie() -> bool:
        entry_id = journal.post_entry(forged("captured", legs))
        add_to(entry_id, debited="5009", credited="2401", owner=account.merchant_id)
        check_laws()
        return True

    assert_the_law_alone_refuses(Control("ledger_posting", "payments_moved_by_hand_only", lie))


def test_an_account_is_opened_with_terms_of_its_own(scratch):
    merchant = MerchantFactory()

    def lie() -> bool:
        account = unopened_account(merchant)
        account.advance_limit_minor = 1_000_000_000_000
        account.save(force_insert=True)
        return True

    assert_the_law_alone_refuses(
        Control("payments_merchantaccount", "payments_account_opens_plain", lie)
    )


def test_the_next_version_of_a_plan_is_in_another_currency(scratch):
    version = version_agreed_in_brl(FeePlanFactory())

    def lie() -> bool:
        version.save(force_insert=True)
        return True

    assert_the_law_alone_refuses(
        Control("payments_feeplan", "payments_fee_plan_of_one_currency", lie)
    )


def test_more_is_unfrozen_than_a_freeze_holds(account):
    freeze = frozen(account)
    frozen(account, 2_000)
    entry = asked(account, "unfreeze", freeze=freeze, amount_minor=5_001)
    agree(entry.approval)

    def lie() -> bool:
        mark_booked(entry, post(entry, posting=adjustments.unfrozen, net_minor=5_001))
        check_laws()
        return True

    assert_the_law_alone_refuses(Control(BY_HAND, "payments_unfreeze_of_what_is_frozen", lie))


@pytest.mark.parametrize(
    ("law", "change"),
    [
        ("payments_manual_keeps", {"amount_minor": 1}),
        ("payments_manual_moves", {"status": "cancelled", "entry_id": None, "booked_at": None}),
    ],
)
def test_what_was_asked_for_changes(account, law, change):
    entry = asked(account)
    other = ()
    if "status" in change:
        entry = frozen(account)
        other = ((BY_HAND, "payments_manual_stays_booked"),)

    def lie() -> bool:
        ManualEntry.objects.filter(pk=entry.pk).update(**change)
        return True

    assert_the_law_alone_refuses(Control(BY_HAND, law, lie, also=other))


def test_what_is_booked_changes(account):
    entry = frozen(account)

    def lie() -> bool:
        ManualEntry.objects.filter(pk=entry.pk).update(booked_at=entry.created_at)
        return True

    assert_the_law_alone_refuses(Control(BY_HAND, "payments_manual_stays_booked", lie))


def test_a_hold_is_more_than_its_entry(account):
    def lie() -> bool:
        unwritten(account, 981).save(force_insert=True)
        check_laws()
        return True

    assert_the_law_alone_refuses(Control(HOLDS, "payments_reserve_is_its_entry", lie))


def test_a_use_is_less_than_its_entry(account, held):
    def lie() -> bool:
        RESERVES.use(held, RESERVES.released(account, 600), 599).save()
        check_laws()
        return True

    assert_the_law_alone_refuses(Control(USES, "payments_reserve_use_is_its_entry", lie))


def test_more_is_used_than_is_left(account, held):
    unwritten(account).save(force_insert=True)  # so that the account itself could pay it
    check_laws()

    def lie() -> bool:
        RESERVES.use(held, RESERVES.released(account, 981), 981).save()
        check_laws()
        return True

    assert_the_law_alone_refuses(Control(HOLDS, "payments_reserve_left", lie))


def test_what_is_left_is_written_by_hand(held):
    def lie() -> bool:
        ReserveHold.objects.filter(pk=held.pk).update(left_minor=0)
        return True

    assert_the_law_alone_refuses(Control(HOLDS, "payments_reserve_guard", lie))


def test_a_use_is_taken_back(account, held):
    RESERVES.use(held, RESERVES.released(account, 600), 600).save()

    def lie() -> bool:
        ReserveUse.objects.all().delete()
        return True

    assert_the_law_alone_refuses(Control(USES, "payments_reserve_use_stays", lie))
