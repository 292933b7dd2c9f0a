"""`manage.py verify_books`: prove the books, or list what is wrong."""

import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from ledger.actions import proofs
from ledger.queries.integrity import SHOWN_PER_LAW, LawResult, Report, Violation
from ledger.queries.proofs import last_proved_block
from settlements.queries import integrity

ACTOR = "task:verify_books"


class Command(BaseCommand):
    """Ask every law of seals, ledger, lines, settlements and payouts. It writes no row by itself.

    A sound proof is noted beside the published heads, where `--incremental` finds it.
    """

    help = "Prove the books. Exit code 1, and what is wrong, when anything is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which rows to look at again, and whether to go on record."""
        scope = parser.add_mutually_exclusive_group()
        scope.add_argument(
            "--incremental",
            action="store_true",
            help="Rows: only those that were sealed after the last sound proof.",
        )
        scope.add_argument(
            "--since",
            type=int,
            default=0,
            metavar="BLOCK",
            help="Rows: only those that were sealed after this block.",
        )
        parser.add_argument(
            "--record",
            action="store_true",
            help="Write the verdict on everything into the audit trail; not on some rows.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print each law with what it was checked on, then the verdict.

        Raises CommandError when the verdict on some rows only is to go on record: whoever reads
        it there takes it for one on everything. Nothing is looked at or written then.
        """
        if options["record"] and (options["incremental"] or options["since"]):
            raise CommandError(_("Only a proof of everything goes on record."))
        after = last_proved_block() if options["incremental"] else options["since"]
        if after:
            self.stdout.write(
                _("Rows up to block %(block)d are taken as proved.") % {"block": after}
            )
        started = time.monotonic()
        report = integrity.verify(
            after=after, on_result=self._show, on_progress=self._show_progress
        )
        seconds = time.monotonic() - started
        if options["record"]:
            proofs.record_proof(report, actor=ACTOR, at=timezone.now())
        elif report.is_sound and not options["since"]:
            self._note(report)
        self._tell(report, format(seconds, ".1f"))

    def _note(self, report: Report) -> None:
        try:
            proofs.note_proof(report)
        except OSError as error:
            self.stderr.write(_("The proof could not be noted: %(error)s") % {"error": error})

    def _tell(self, report: Report, seconds: str) -> None:
        if report.first_violation is None:
            self.stdout.write(
                _("The books are sound: %(laws)d laws hold (%(seconds)s s).")
                % {"laws": len(report.results), "seconds": seconds}
            )
            return
        broken = [result for result in report.results if result.violations]
        self.stdout.write(
            _("The first difference: %(difference)s")
            % {"difference": _in_words(report.first_violation)}
        )
        self.stdout.write(
            _("The books are NOT sound: %(broken)d of %(laws)d laws are broken (%(seconds)s s).")
            % {"broken": len(broken), "laws": len(report.results), "seconds": seconds}
        )
        sys.exit(1)

    def _show(self, result: LawResult) -> None:
        mark = "✗" if result.violations else "✓"
        self.stdout.write(f"{mark} {result.checked:>10,}  {result.law.sentence}")
        for violation in result.violations:
            self.stdout.write("    " + _in_words(violation))
        if len(result.violations) == SHOWN_PER_LAW:
            self.stdout.write("    " + _("… there may be more"))

    def _show_progress(self, done: int, of: int) -> None:
        """Say on a terminal how many blocks have been looked at; nothing into files."""
        if self.stdout.isatty():
            end = "\r" if done < of else "\r\x1b[K"
            self.stdout.write(f"  {done:>10,} / {of:,}", ending=end)
            self.stdout.flush()


def _in_words(violation: Violation) -> str:
    return _("%(law)s · %(subject)s: expected %(expected)s, found %(found)s") % {
        "law": violation.law,
        "subject": violation.subject,
        "expected": violation.expected,
        "found": violation.found,
    }
