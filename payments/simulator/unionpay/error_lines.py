"""Lines of UnionPay's file of errors (ZME), which corrects what days that are over said."""

from dataclasses import dataclass
from typing import Final

from payments.simulator.clock import SHANGHAI, moment

# The widths of the columns of a merchant's file of errors, each followed by a blank. The widths
# are published; which column is which we took from the like ones of ZM.
_WIDTHS: Final = (
    *(3, 11, 11, 6, 10, 19, 12, 4, 2, 2, 6, 10, 4, 12, 13, 13, 15, 15, 1, 12, 2, 135),
)


@dataclass(frozen=True)
class ErrorLine:
    """What one line says, in fen; `side` is C where the merchant gets it, D where it pays.

    `transaction_id` and `txn_time` are those of what is corrected.
    """

    code: str
    number: int
    at_ms: int
    card_tail: str
    amount_minor: int
    transaction_id: int
    txn_time: str
    reason: str
    side: str
    mer_id: str


def written(line: ErrorLine) -> str:
    """Write one line: it names what it corrects by its trace and time, as the network does."""
    amount, tail = f"{line.amount_minor:012d}", line.card_tail
    texts = {
        0: line.code,
        3: f"{line.number % 1_000_000:06d}",
        4: moment(line.at_ms).astimezone(SHANGHAI).strftime("%m%d%H%M%S"),
        5: f"621626*********{tail}" if tail else "",
        6: amount,
        10: f"{line.transaction_id % 1_000_000:06d}",
        11: line.txn_time[4:],
        12: line.reason,
        13: "0" * 12,
        14: f"{line.side}{0:012d}",
        15: f"{line.side}{amount}",
        16: line.mer_id,
    }
    return " ".join(texts.get(place, "").ljust(width) for place, width in enumerate(_WIDTHS))
