"""What must always be true of seals, lines, settlements, payouts and refunds, besides the books."""

from collections.abc import Callable
from pathlib import Path

from ledger import heads
from ledger.queries import integrity, standing
from ledger.queries.integrity import LawResult, Progress, Report
from ledger.queries.laws_of_new_postings import postings_follow_after
from ledger.queries.laws_of_periods import LAWS_OF_PERIODS
from ledger.queries.laws_of_postings import LAWS_OF_POSTINGS
from ledger.queries.laws_of_seals import laws_of_seals
from ledger.queries.laws_of_standing import LAWS_OF_HISTORY, laws_stand
from ledger.queries.laws_of_tiers import LAWS_OF_TIERS
from settlements.queries.laws_of_captures import LAWS_OF_CAPTURES
from settlements.queries.laws_of_clearing import LAWS_OF_CLEARING
from settlements.queries.laws_of_lines import LAWS_OF_LINES
from settlements.queries.laws_of_openings import LAWS_OF_OPENINGS
from settlements.queries.laws_of_payouts import LAWS_OF_PAYOUTS
from settlements.queries.laws_of_refunds import LAWS_OF_REFUNDS
from settlements.queries.laws_of_reserves import LAWS_OF_RESERVES
from settlements.queries.laws_of_suspense import LAWS_OF_SUSPENSE

APPS = ("ledger", "payments", "risk", "settlements")
"""Whose tables, triggers and functions make the laws."""
STANDING = Path(__file__).with_name("standing.txt")
"""What makes a law, with its digest; written by `python -m tests.rig.standing`."""

LAWS = (
    laws_stand(standing.parsed(STANDING.read_text()), apps=APPS),
    *LAWS_OF_HISTORY,
    *LAWS_OF_TIERS,
    *integrity.LAWS,
    *LAWS_OF_POSTINGS,
    *LAWS_OF_PERIODS,
    *LAWS_OF_LINES,
    *LAWS_OF_CAPTURES,
    *LAWS_OF_PAYOUTS,
    *LAWS_OF_REFUNDS,
    *LAWS_OF_RESERVES,
    *LAWS_OF_SUSPENSE,
    *LAWS_OF_CLEARING,
    *LAWS_OF_OPENINGS,
)
"""The laws of the whole house, the books first; those of seals go before them."""


def verify(
    *,
    after: int = 0,
    on_result: Callable[[LawResult], None] | None = None,
    on_progress: Progress = lambda _done, _of: None,
) -> Report:
    """Prove seals, books, lines, settlements, payouts and refunds, all as they stood at one moment.

    It writes and locks nothing. Rows in blocks up to the number `after` are taken as proved.
    `on_result` hears of each law when it has been asked, `on_progress` of long ones meanwhile.
    """
    laws = [*laws_of_seals(heads.published(), after=after), *LAWS]
    if after:
        fresh = postings_follow_after(after)
        laws = [fresh if law.code == fresh.code else law for law in laws]
    return integrity.verify_laws(laws, on_result=on_result, on_progress=on_progress)
