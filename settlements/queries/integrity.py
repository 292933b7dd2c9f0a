"""What must always be true of lines, settlements, payouts and refunds, besides the ledger."""

from collections.abc import Callable

from ledger.queries import integrity
from ledger.queries.integrity import LawResult, Report
from ledger.queries.laws_of_periods import LAWS_OF_PERIODS
from settlements.queries.laws_of_lines import LAWS_OF_LINES
from settlements.queries.laws_of_payouts import LAWS_OF_PAYOUTS
from settlements.queries.laws_of_refunds import LAWS_OF_REFUNDS
from settlements.queries.laws_of_reserves import LAWS_OF_RESERVES

LAWS = (
    *integrity.LAWS,
    *LAWS_OF_PERIODS,
    *LAWS_OF_LINES,
    *LAWS_OF_PAYOUTS,
    *LAWS_OF_REFUNDS,
    *LAWS_OF_RESERVES,
)
"""The laws of the whole house, the books first."""


def verify(*, on_result: Callable[[LawResult], None] | None = None) -> Report:
    """Prove books, lines, settlements, payouts and refunds, all as they stood at one moment.

    It writes and locks nothing. `on_result` hears of each law when it has been asked.
    """
    return integrity.verify_laws(LAWS, on_result=on_result)
