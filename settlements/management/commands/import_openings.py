"""`manage.py import_openings`: check a file of opening balances, or hand it in."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ledger.chart import CHART
from ledger.errors import DomainError
from ledger.money import format_money
from payments.queries.calendar import business_date_of
from settlements.actions.openings import ask_opening
from settlements.opening_files import BYTES_MAX
from settlements.queries.openings import OpeningPreview, left_in_3101, preview_opening

ACTOR = "task:import_openings"


class Command(BaseCommand):
    """Hand in opening balances; somebody in the back office has to agree before they are booked."""

    help = (
        "Check a CSV file of opening balances and hand it in for approval; --preview only checks."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, the day, and whether it is only looked at."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--date",
            type=date.fromisoformat,
            help="business day on which the books open, YYYY-MM-DD; default: today",
        )
        parser.add_argument("--preview", action="store_true", help="only say what it would book")
        parser.add_argument("--reason", default="", help="why; the audit trail keeps it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, and hand in unless it is only looked at."""
        at: datetime = timezone.now()
        file: Path = options["file"]
        day = options["date"] or business_date_of(at)
        try:
            content = _content(file)
            self._show(preview_opening(content, opening_date=day, at=at))
            if options["preview"]:
                self.stdout.write(_("Nothing was kept or booked."))
                return
            opening = ask_opening(
                content,
                file_name=file.name,
                opening_date=day,
                actor=ACTOR,
                at=at,
                reason=options["reason"],
            )
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            _("Handed in as %(opening)s: somebody has to agree in the back office.")
            % {"opening": opening.pk}
        )

    def _show(self, preview: OpeningPreview) -> None:
        """List the sums by account, what 3101 keeps, and the warnings."""
        for one in preview.totals:
            for side, minor in (("D", one.debit_minor), ("C", one.credit_minor)):
                if minor:
                    amount = _money(minor, one.currency)
                    self.stdout.write(f"  {side} {one.code} {CHART[one.code].name}: {amount}")
        for currency, minor in left_in_3101(preview.totals).items():
            side, amount = ("C" if minor >= 0 else "D"), _money(abs(minor), currency)
            self.stdout.write(f"  {side} 3101 {CHART['3101'].name}: {amount}")
        self.stdout.write(
            _("%(lines)d lines, %(entries)d entries.")
            % {"lines": len(preview.rows), "entries": preview.entry_count}
        )
        for warning in preview.warnings:
            self.stderr.write(warning)


def _money(minor: int, currency: str) -> str:
    return format_money(minor, currency, language=get_language() or "en")


def _content(file: Path) -> bytes:
    """Read a file, but no further than one may go: the reader refuses the byte too many."""
    try:
        with file.open("rb") as opened:
            return opened.read(BYTES_MAX + 1)
    except OSError as error:
        raise CommandError(str(error)) from error
