"""Opening balances handed in, and booked, by two at the same moment: each account opens once."""

import pytest

from ledger.models import JournalEntry
from payments.models import BalanceTransaction
from settlements.actions import opening_bookings
from settlements.models import Opening
from settlements.opening_files import OpeningFileError
from settlements.queries.integrity import verify
from tests.books import balance
from tests.factories.openings import approved_opening, asked_opening
from tests.factories.payments import MerchantFactory
from tests.instants import NOON
from tests.rig.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_files_for_one_owner_the_second_is_refused():
    # Given
    merchant = MerchantFactory()

    # When
    results = at_once(
        lambda: asked_opening(f"2002,{merchant.pk},CNY,1.00,C"),
        lambda: asked_opening(f"2001,{merchant.pk},CNY,2.00,C"),
    )

    # Then
    assert {type(result) for result in results} == {OpeningFileError, Opening}
    assert Opening.objects.count() == 1


def test_two_workers_book_it_once(monkeypatch):
    # Given
    monkeypatch.setattr(opening_bookings, "ENTRIES_OF_A_CHUNK", 1)
    merchants = [MerchantFactory() for _ in range(4)]
    opening = approved_opening(*(f"2002,{one.pk},CNY,1.00,C" for one in merchants))

    # When
    results = at_once(
        *[lambda: opening_bookings.book_opening(opening.pk, actor="task:test", at=NOON)] * 3
    )

    # Then
    assert [result.status for result in results] == ["booked"] * 3
    assert JournalEntry.objects.count() == BalanceTransaction.objects.count() == 4
    assert {balance("2002", one.pk) for one in merchants} == {"1.00"}
    assert verify().violations == []
