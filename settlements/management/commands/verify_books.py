"""`manage.py verify_books`: prove the books, or list what is wrong."""

import sys
import time
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from ledger.queries.integrity import SHOWN_PER_LAW, LawResult
from settlements.queries import integrity


class Command(BaseCommand):
    """Ask every law of ledger, lines, settlements and payouts. It writes nothing."""

    help = "Prove the books. Exit code 1 and the list when anything is wrong."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print each law with what it was checked on, then the verdict."""
        started = time.monotonic()
        report = integrity.verify(on_result=self._show)
        seconds = time.monotonic() - started
        if report.is_sound:
            self.stdout.write(
                _("The books are sound: %(laws)d laws hold (%(seconds).1f s).")
                % {"laws": len(report.results), "seconds": seconds}
            )
            return
        broken = [result for result in report.results if result.violations]
        self.stdout.write(
            _("The books are NOT sound: %(broken)d of %(laws)d laws are broken (%(seconds).1f s).")
            % {"broken": len(broken), "laws": len(report.results), "seconds": seconds}
        )
        sys.exit(1)

    def _show(self, result: LawResult) -> None:
        mark = "✗" if result.violations else "✓"
        self.stdout.write(f"{mark} {result.checked:>10,}  {result.law.sentence}")
        for violation in result.violations:
            self.stdout.write(
                "    "
                + _("%(law)s · %(subject)s: expected %(expected)s, found %(found)s")
                % {
                    "law": violation.law,
                    "subject": violation.subject,
                    "expected": violation.expected,
                    "found": violation.found,
                }
            )
        if len(result.violations) == SHOWN_PER_LAW:
            self.stdout.write("    " + _("… there may be more"))
