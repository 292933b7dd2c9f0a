"""Reports of the books: trial balance, general ledger, statements of accounts, the journal."""

from typing import Any

from ledger.admin.books.general_ledger import GeneralLedger
from ledger.admin.books.journal_book import JournalBook
from ledger.admin.books.pages import BookPage
from ledger.admin.books.statements import AccountStatement
from ledger.admin.books.trial_balance import TrialBalance

REPORTS: tuple[type[BookPage[Any]], ...] = (
    TrialBalance,
    GeneralLedger,
    AccountStatement,
    JournalBook,
)
"""Every report; the page of accounts gives them their addresses."""
