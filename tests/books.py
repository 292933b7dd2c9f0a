"""Read the books as an accountant would, and compare them with a table."""

from collections.abc import Iterable

from ledger import chart
from ledger.actions.journal import Entry
from ledger.models import AccountBalance, JournalEntry
from ledger.money import from_decimal_text, to_decimal_text


def legs_of(entry: Entry) -> list[str]:
    """Return the legs of an entry that is not booked: `Dr 1101 chn_a/mer_a 100.00`, in order."""
    return [
        f"{'Dr' if leg.side == 'D' else 'Cr'} {leg.code} {leg.owner_id}"
        f" {to_decimal_text(leg.amount_minor, leg.currency)}"
        for leg in entry.legs
    ]


def left_over(entries: Iterable[Entry]) -> dict[str, int]:
    """Return what stands on each account after entries, in minor units on its normal side.

    Accounts that end at zero are among them.
    """
    sums: dict[str, int] = {}
    for entry in entries:
        for leg in entry.legs:
            is_normal = leg.side == chart.CHART[leg.code].normal_side
            change = leg.amount_minor if is_normal else -leg.amount_minor
            sums[leg.code] = sums.get(leg.code, 0) + change
    return sums


def entry_table(source: str) -> list[str]:
    """Return the postings of the entry as `Dr 1101 100.00 CNY`, debits first, sorted."""
    entry = JournalEntry.objects.get(source=source)
    rows = [
        (
            "Dr" if posting.side == "D" else "Cr",
            posting.account.code,
            to_decimal_text(posting.amount_minor, posting.currency),
            posting.currency,
        )
        for posting in entry.postings.select_related("account")
    ]
    return [" ".join(row) for row in sorted(rows, key=lambda row: (row[0] == "Cr", row))]


def assert_entry(source: str, table: str) -> None:
    """Assert that an entry reads like `table`: lines of `Dr 1101 100.00 CNY`, in any order."""
    wanted = sorted(" ".join(line.split()) for line in table.strip().splitlines())
    assert sorted(entry_table(source)) == wanted


def balance(code: str, owner_id: str, currency: str = "CNY") -> str:
    """Return what stands on an account, as text on its normal side; 0 where it was never used."""
    row = AccountBalance.objects.filter(
        account__code=code, account__owner_id=owner_id, account__currency=currency
    ).first()
    return to_decimal_text(row.balance_minor if row else 0, currency)


def assert_balances(owner_id: str, currency: str = "CNY", **wanted: str) -> None:
    """Assert balances by the chart's names: `assert_balances(id, merchant_pending="98.00")`."""
    found = {name: balance(getattr(chart, name.upper()), owner_id, currency) for name in wanted}
    assert found == {
        name: to_decimal_text(from_decimal_text(text, currency), currency)
        for name, text in wanted.items()
    }
