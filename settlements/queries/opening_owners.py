"""Whose the lines of a file of opening balances are, and which accounts may be opened at all."""

from collections.abc import Iterator, Sequence
from typing import Final

from django.db.models import Q
from django.utils.translation import gettext as _

from ledger import chart
from payments.models import ChannelAccount, ChannelKind, Merchant
from payments.postings.owners import LEGAL_ENTITY, UNALLOCATED, channel_owner
from settlements.opening_files import FileRow

CHUNK: Final = 5_000
"""Names that are looked up in one question."""

OF_MERCHANTS: Final = (
    chart.MERCHANT_DEBT,
    chart.MERCHANT_PENDING,
    chart.MERCHANT_AVAILABLE,
    chart.RESERVE,
)
OF_CHANNELS: Final = (chart.CHANNEL_WALLET, chart.CHANNEL_FEE_PAYABLE)
OF_NOBODY: Final = (chart.SUSPENSE_SHORT, chart.SUSPENSE_LONG)
OPENABLE: Final = (
    chart.BANK,
    chart.CHANNEL_RECEIVABLE,
    chart.VAT_PAYABLE,
    *OF_CHANNELS,
    *OF_MERCHANTS,
    *OF_NOBODY,
)
"""Codes that may be opened. Refunds, payouts, settlements and disputes that are under way (2101,
2401, 2003, 2006, 1301) are rows of ours besides their money: they are finished where they began.
What was frozen (2004) opens as available and is frozen here, by two people. Income and expenses of
the past are in 3101."""


class Owners:
    """Who the file means: merchants by our id or the partner's number, accounts by our id."""

    def __init__(self, rows: Sequence[FileRow]) -> None:
        """Look everybody up who is named."""
        named = {part for row in rows for part in row.owner.split("/", 1)}
        found = [
            merchant
            for names in in_chunks(sorted(named))
            for merchant in Merchant.objects.filter(Q(pk__in=names) | Q(external_no__in=names))
        ]
        self.merchants: dict[str, Merchant] = {
            **{merchant.external_no: merchant for merchant in found},
            **{merchant.pk: merchant for merchant in found},
        }
        self._accounts = {one.pk: one for one in ChannelAccount.objects.filter(pk__in=named)}

    def resolved(self, row: FileRow) -> tuple[str, str]:
        """Return the owner as the ledger knows it, and what is wrong with the line, or nothing."""
        known = chart.CHART.get(row.code)
        if known is None or row.code not in OPENABLE:
            told = {"code": row.code[:10]}
            return row.owner, _("the account %(code)s cannot be opened.") % told
        if known.is_floored and row.side != known.normal_side:
            told = {"code": row.code, "side": known.normal_side}
            return row.owner, _("the account %(code)s stands on side %(side)s only.") % told
        owner_id = self._owner(row)
        if owner_id is None:
            told = {"code": row.code, "owner": row.owner}
            return row.owner, _("%(owner)s can own no account %(code)s of this currency.") % told
        return owner_id, ""

    def _owner(self, row: FileRow) -> str | None:
        if row.code in OF_MERCHANTS:
            return self._merchant(row.owner)
        if row.code in OF_NOBODY:
            return row.owner if row.owner == UNALLOCATED else None
        if row.code == chart.VAT_PAYABLE:
            return row.owner if row.owner == LEGAL_ENTITY else None
        if row.code == chart.CHANNEL_RECEIVABLE:
            return self._receivable(row)
        return self._account(row.owner, row.currency, is_bank=row.code == chart.BANK)

    def _receivable(self, row: FileRow) -> str | None:
        account, _slash, merchant = row.owner.partition("/")
        account_id = self._account(account, row.currency, is_bank=False)
        merchant_id = merchant if merchant == UNALLOCATED else self._merchant(merchant)
        return channel_owner(account_id, merchant_id) if account_id and merchant_id else None

    def _merchant(self, name: str) -> str | None:
        merchant = self.merchants.get(name)
        return merchant.pk if merchant else None

    def _account(self, account_id: str, currency: str, *, is_bank: bool) -> str | None:
        account = self._accounts.get(account_id)
        if account is None or account.currency != currency:
            return None
        return account_id if (account.channel == ChannelKind.BANK) == is_bank else None


def in_chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield names so many at a time as one question takes."""
    for start in range(0, len(names), CHUNK):
        yield names[start : start + CHUNK]
