"""`manage.py settle`: run settlement for one currency and business day."""

from datetime import date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ledger.errors import DomainError
from ledger.money import format_money
from payments.queries.calendar import business_date_of
from settlements.actions.settlements import draft_settlements


class Command(BaseCommand):
    """Draft the day's settlements; after a crash the same call goes on where it was."""

    help = "Draft a settlement for every merchant with money available on a business day."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the currency, and the day if it is not today."""
        parser.add_argument("currency", help="ISO code, such as CNY")
        parser.add_argument(
            "--date",
            type=date.fromisoformat,
            help="business day, YYYY-MM-DD; default: today in BUSINESS_TIME_ZONE",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run, and say what was drafted, carried and skipped."""
        at: datetime = timezone.now()
        currency = options["currency"].upper()
        try:
            result = draft_settlements(
                currency=currency,
                business_date=options["date"] or business_date_of(at),
                actor="task:settle",
                at=at,
                on_progress=self._show_progress,
            )
            net = format_money(result.net_minor, currency, language=get_language() or "en")
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            _(
                "%(drafted)d settlements drafted, %(net)s together; %(review)d of them in review,"
                " %(carried)d merchants carried, %(skipped)d without a destination."
            )
            % {
                "drafted": result.drafted,
                "net": net,
                "review": result.in_review,
                "carried": result.carried,
                "skipped": len(result.skipped),
            }
        )
        for skipped in result.skipped:
            self.stdout.write(f"  {skipped.merchant_id}: {skipped.reason}")

    def _show_progress(self, looked_at: int) -> None:
        self.stderr.write(_("%(count)d merchants looked at") % {"count": looked_at})
