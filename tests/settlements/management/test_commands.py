"""settle and import_bill from the terminal."""

import pytest
from django.core.management import CommandError, call_command

from settlements.bills.documents import BYTES_MAX
from settlements.models import Bill, Opening, Settlement
from tests.factories.openings import opening_file
from tests.factories.settlements import (
    Movement,
    available_money,
    bank_statement,
    house,
    paying_payout,
    settled_merchant,
)
from tests.instants import THURSDAY
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def accounts():
    return house()


def test_settle_drafts_a_day_and_says_what_it_did(accounts, capsys):
    # Given
    available_money(settled_merchant(payout_fee_minor=100), channel=accounts.channel)
    poor = settled_merchant(with_destination=False)
    available_money(poor, channel=accounts.channel)

    # When
    call_command("settle", "cny", date="2026-03-06")

    # Then
    assert Settlement.objects.get().net_minor == 9_700
    told = capsys.readouterr()
    assert told.out.splitlines() == [
        (
            "1 settlements drafted, CN¥97.00 together; 0 of them in review, 0 merchants carried,"
            " 1 without a destination."
        ),
        f"  {poor.id}: no_destination",
    ]
    assert told.err == "2 merchants looked at\n"


def test_settle_takes_today_by_default(capsys):
    call_command("settle", "CNY")

    assert capsys.readouterr().out.startswith("0 settlements drafted")


def test_settle_refuses_a_currency_that_is_none():
    with nothing_written(), pytest.raises(CommandError, match="XXX"):
        call_command("settle", "XXX")


def test_import_bill_says_what_the_file_held(accounts, tmp_path, capsys):
    # Given
    merchant = settled_merchant()
    available_money(merchant)
    payout = paying_payout(merchant, bank=accounts.bank)
    file = tmp_path / "statement.xml"
    file.write_bytes(
        bank_statement(
            accounts.bank,
            Movement(-9_800, end_to_end_id=payout.operation.channel_no),
            Movement(-500, text="FEE"),
        )
    )

    # When
    call_command("import_bill", accounts.bank.pk, str(file))

    # Then
    bill = Bill.objects.get()
    assert capsys.readouterr().out == (
        f"{bill.pk} bank statement (camt.053) STM-1: 2 lines, 1 open.\n"
    )
    with nothing_written():
        call_command("import_bill", accounts.bank.pk, str(file))


def test_import_bill_refuses_a_file_that_is_too_large_without_reading_it_all(accounts, tmp_path):
    # Given
    file = tmp_path / "large.xml"
    with file.open("wb") as opened:
        opened.truncate(50 * BYTES_MAX)

    # When, Then
    with nothing_written(), pytest.raises(CommandError, match="20 MiB"):
        call_command("import_bill", accounts.bank.pk, str(file))


def test_import_bill_says_so_when_there_is_no_such_file(accounts, tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_bill", accounts.bank.pk, str(tmp_path / "none.xml"))


def test_import_openings_previews_and_keeps_nothing(accounts, tmp_path, capsys):
    # Given
    merchant = settled_merchant()
    file = tmp_path / "openings.csv"
    file.write_bytes(
        opening_file(
            f"1001,{accounts.bank.pk},CNY,100.00,D", f"2002,{merchant.external_no},CNY,80.00,C"
        )
    )

    # When
    with nothing_written():
        call_command("import_openings", str(file), "--preview", date=THURSDAY)

    # Then
    told = capsys.readouterr()
    assert told.out.splitlines() == [
        "  D 1001 bank: CN¥100.00",
        "  C 2002 merchant available: CN¥80.00",
        "  C 3101 opening balances: CN¥20.00",
        "2 lines, 2 entries.",
        "Nothing was kept or booked.",
    ]
    assert told.err == "What was there and what was owed differ in CNY: 3101 keeps it.\n"


def test_import_openings_hands_the_file_in(accounts, tmp_path, capsys):
    # Given
    file = tmp_path / "openings.csv"
    file.write_bytes(opening_file(f"1001,{accounts.bank.pk},CNY,100.00,D"))

    # When
    call_command("import_openings", str(file), date=THURSDAY, reason="we move here")

    # Then
    opening = Opening.objects.get()
    assert (opening.status, opening.asked_by) == ("asked", "task:import_openings")
    assert f"Handed in as {opening.pk}" in capsys.readouterr().out


@pytest.mark.parametrize("content", [None, b"", b"code,owner\n"])
def test_import_openings_refuses_what_is_no_such_file(tmp_path, content):
    file = tmp_path / "openings.csv"
    if content is not None:
        file.write_bytes(content)

    with nothing_written(), pytest.raises(CommandError):
        call_command("import_openings", str(file), date=THURSDAY, reason="we move here")
