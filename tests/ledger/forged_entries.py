"""What the tests of laws of entries and their neighbours share."""

from ledger.actions import journal
from ledger.actions.journal import Entry, credit, debit
from ledger.chart import CHART
from ledger.models import Account, JournalEntry, Posting
from tests.instants import NOON, THURSDAY

BANK = ("1001", "chn_bank")


RECEIVABLE = ("1101", "chn_a/mer_a")


def account(code: str, owner_id: str, currency: str = "CNY") -> Account:
    """Open an account as the chart describes it, or find it."""
    kind = CHART[code]
    found, _ = Account.objects.get_or_create(
        code=code,
        owner_id=owner_id,
        currency=currency,
        defaults={"normal_side": kind.normal_side, "is_floored": kind.is_floored},
    )
    return found


def entry(source: str = "attack:1") -> JournalEntry:
    """Write the head of an entry past the actions."""
    return JournalEntry.objects.create(
        source=source, kind="channel_settled", effective_date=THURSDAY, booked_at=NOON
    )


def leg(
    of: JournalEntry, side: str, place: tuple[str, str], amount_minor: int, **other: object
) -> Posting:
    """Describe a posting that is not written yet."""
    return Posting(
        **{
            "entry": of,
            "account": account(*place),
            "currency": "CNY",
            "side": side,
            "amount_minor": amount_minor,
            **other,
        }
    )


def post(source: str = "bank:1", *, amount_minor: int = 100) -> int:
    """Book one entry as the house does."""
    return journal.post_entry(
        Entry(
            source=source,
            kind="channel_settled",
            legs=(debit(*BANK, amount_minor, "CNY"), credit(*RECEIVABLE, amount_minor, "CNY")),
            effective_date=THURSDAY,
            at=NOON,
        )
    )
