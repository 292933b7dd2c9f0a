"""One order from its payment to its payout, told by the functions that book it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from ledger import chart
from ledger.actions.journal import Entry
from ledger.money import to_decimal_text
from payments import pricing
from payments.models import MerchantAccount, PaymentAllocation
from payments.postings import captures, maturity, owners
from settlements.postings import channels, payouts, settlements

GROSS = 10_000
FEE = pricing.fee(GROSS, pricing.FeeTerms(bps=200))
CHANNEL_FEE = pricing.channel_fee(GROSS, bps=60)
NET = GROSS - FEE
PAYOUT_FEE = 100
PAID_OUT = NET - PAYOUT_FEE
BANK_CHARGE = 50
CURRENCY = "CNY"
FRIDAY, MONDAY, TUESDAY = date(2026, 3, 6), date(2026, 3, 9), date(2026, 3, 10)
AT = datetime(2026, 3, 6, 4, 0, tzinfo=UTC)
MERCHANT, CHANNEL, BANK = "merchant", "Alipay", "bank"


@dataclass(frozen=True)
class Step:
    """One event of the story, and how it reads in the books."""

    day: date
    happened: str
    numbers: str
    entry: Entry


def story() -> list[Step]:
    """Tell one order of 100.00 from its payment to its payout."""
    return [
        Step(
            FRIDAY,
            "The payer has paid, and the channel's verified answer says so",
            "E01, E02a, E03",
            _paid(),
        ),
        Step(MONDAY, "T+1 has come: the money is available", "E04", _matured()),
        Step(MONDAY, "The channel's money arrives at the bank", "E13a", _channel_settled()),
        Step(MONDAY, "The run drafts a settlement and charges its payout fee", "E07f", _fee()),
        Step(MONDAY, "The draft holds what it is going to pay", "E07a", _held()),
        Step(
            MONDAY,
            "Two people have agreed, and the file for the bank is made",
            "E08",
            _instructed(),
        ),
        Step(
            TUESDAY,
            "The bank's statement shows the transfer, and what the bank charged for it",
            "E09",
            _confirmed(),
        ),
    ]


def otherwise() -> list[Step]:
    """Tell what is booked when a settlement is given up, or the bank refuses its payout."""
    return [
        Step(
            MONDAY,
            "The settlement is rejected or cancelled: the merchant has the money again",
            "E07b",
            _released(),
        ),
        Step(
            TUESDAY,
            "The bank refused the payout before money moved: the settlement holds it again",
            "E10a",
            _failed(),
        ),
    ]


def booked() -> str:
    """List what the story books."""
    return "\n".join(_table_of(story()))


def booked_otherwise() -> str:
    """List what is booked when it does not go well."""
    return "\n".join(_table_of(otherwise()))


def balances() -> str:
    """Add the story up: what stands on each account when it is over."""
    sums: dict[str, int] = {}
    for step in story():
        for leg in step.entry.legs:
            is_normal = leg.side == chart.CHART[leg.code].normal_side
            change = leg.amount_minor if is_normal else -leg.amount_minor
            sums[leg.code] = sums.get(leg.code, 0) + change
    lines = ["| account | balance |", "|---|--:|"]
    lines += [f"| {_account(code)} | {_amount(sums[code])} |" for code in sorted(sums)]
    return "\n".join(lines)


def _table_of(steps: list[Step]) -> Iterator[str]:
    yield "| day | what happened | | debit | credit | CNY |"
    yield "|---|---|---|---|---|--:|"
    for step in steps:
        day, happened, numbers = f"{step.day:%a}", step.happened, step.numbers
        for leg in step.entry.legs:
            sides = (_account(leg.code), "") if leg.side == "D" else ("", _account(leg.code))
            cells = (day, happened, numbers, *sides, _amount(leg.amount_minor))
            yield f"| {' | '.join(cells)} |"
            day = happened = numbers = ""


def _account(code: str) -> str:
    return f"{code} {chart.CHART[code].name}"


def _amount(minor: int) -> str:
    return to_decimal_text(minor, CURRENCY)


# Each event by the function that books it.


def _paid() -> Entry:
    allocation = PaymentAllocation(
        id="allocation",
        payment_id="payment",
        merchant_id=MERCHANT,
        amount_minor=GROSS,
        fee_minor=FEE,
    )
    return captures.paid(
        allocation,
        currency=CURRENCY,
        channel_account_id=CHANNEL,
        channel_fee_minor=CHANNEL_FEE,
        effective_date=FRIDAY,
        at=AT,
    )


def _matured() -> Entry:
    account = MerchantAccount(merchant_id=MERCHANT, currency=CURRENCY)
    return maturity.matured(
        account, amount_minor=NET, business_date=MONDAY, effective_date=MONDAY, at=AT
    )


def _channel_settled() -> Entry:
    (entry,) = channels.channel_settled(
        source="line",
        subject="bill",
        bank_account_id=BANK,
        movements={owners.channel_owner(CHANNEL, MERCHANT): GROSS - CHANNEL_FEE},
        currency=CURRENCY,
        effective_date=MONDAY,
        at=AT,
    )
    return entry


def _fee() -> Entry:
    return settlements.payout_fee(
        "settlement",
        merchant_id=MERCHANT,
        fee_minor=PAYOUT_FEE,
        currency=CURRENCY,
        effective_date=MONDAY,
        at=AT,
    )


def _held() -> Entry:
    return settlements.held(
        "settlement",
        merchant_id=MERCHANT,
        net_minor=PAID_OUT,
        currency=CURRENCY,
        effective_date=MONDAY,
        at=AT,
    )


def _released() -> Entry:
    return settlements.released(
        "settlement",
        merchant_id=MERCHANT,
        net_minor=PAID_OUT,
        currency=CURRENCY,
        effective_date=MONDAY,
        at=AT,
    )


def _instructed() -> Entry:
    return payouts.instructed(
        "payout",
        merchant_id=MERCHANT,
        bank_account_id=BANK,
        amount_minor=PAID_OUT,
        currency=CURRENCY,
        effective_date=MONDAY,
        at=AT,
    )


def _confirmed() -> Entry:
    return payouts.confirmed(
        "payout",
        bank_account_id=BANK,
        amount_minor=PAID_OUT,
        charge_minor=BANK_CHARGE,
        currency=CURRENCY,
        effective_date=TUESDAY,
        at=AT,
    )


def _failed() -> Entry:
    return payouts.failed(
        "payout",
        merchant_id=MERCHANT,
        bank_account_id=BANK,
        amount_minor=PAID_OUT,
        currency=CURRENCY,
        effective_date=TUESDAY,
        at=AT,
    )
