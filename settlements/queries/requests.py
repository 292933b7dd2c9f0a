"""What a merchant would be paid if they asked for their settlement now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from payments.models import MerchantAccount
from settlements.models import Destination
from settlements.queries.lines import LineSums, open_sums, payout_fee_minor, through


@dataclass(frozen=True, slots=True)
class Quote:
    """Everything available to one merchant in one currency, in minor units, and where it goes.

    `lines` is None when there are none. `net_minor` is what would be paid out; not above zero
    when nothing can be.
    """

    currency: str
    lines: LineSums | None
    payout_fee_minor: int
    destination: Destination | None

    @property
    def available_minor(self) -> int:
        """Return what the lines add up to."""
        return self.lines.net_minor if self.lines else 0

    @property
    def taken_lines(self) -> LineSums:
        """Return the lines; what can be paid out has some."""
        assert self.lines is not None, "what can be paid out has lines"
        return self.lines

    @property
    def net_minor(self) -> int:
        """Return what would be paid out, after the payout fee."""
        return self.available_minor - self.payout_fee_minor

    @property
    def is_payable(self) -> bool:
        """Tell whether anything would be left, and has somewhere to go."""
        return self.net_minor > 0 and self.destination is not None


def quote(account: MerchantAccount, *, business_date: date) -> Quote:
    """Return what a settlement of everything available on a business day would be."""
    return _quotes([account], business_date=business_date)[0]


def quotes(merchant_id: str, *, business_date: date) -> list[Quote]:
    """Return what a merchant would be paid in each currency, by currency."""
    accounts = (
        MerchantAccount.objects.filter(merchant_id=merchant_id)
        .select_related("merchant__fee_plan")
        .order_by("currency")
    )
    return _quotes(list(accounts), business_date=business_date)


def _quotes(accounts: Sequence[MerchantAccount], *, business_date: date) -> list[Quote]:
    """Return the offers of one merchant's accounts; the destinations are read once."""
    if not accounts:
        return []
    merchant = accounts[0].merchant
    destinations = {
        destination.currency: destination
        for destination in Destination.objects.filter(merchant=merchant, is_active=True)
    }
    return [
        Quote(
            currency=account.currency,
            lines=open_sums(
                {merchant.pk: through(account, business_date)}, currency=account.currency
            ).get(merchant.pk),
            payout_fee_minor=payout_fee_minor(merchant.fee_plan, currency=account.currency),
            destination=destinations.get(account.currency),
        )
        for account in accounts
    ]
