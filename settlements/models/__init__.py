"""The rows of paying out: destinations, settlements, payouts, the bank's answers."""

from settlements.models.bills import Bill, BillKind, BillLine, BillLineState, OpenReason
from settlements.models.destinations import AccountType, Destination, DestinationKind
from settlements.models.openings import Opening, OpeningRow
from settlements.models.payouts import PaymentFile, Payout
from settlements.models.settlements import Settlement, SettlementBatch, SettlementItem

__all__ = [
    "AccountType",
    "Bill",
    "BillKind",
    "BillLine",
    "BillLineState",
    "Destination",
    "DestinationKind",
    "OpenReason",
    "Opening",
    "OpeningRow",
    "PaymentFile",
    "Payout",
    "Settlement",
    "SettlementBatch",
    "SettlementItem",
]
