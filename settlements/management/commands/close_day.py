"""`manage.py close_day`: close the books of days that are over, in order."""

from datetime import date, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from ledger.actions.approvals import Decider
from ledger.errors import DomainError
from ledger.queries import periods
from settlements.actions import closing


class Command(BaseCommand):
    """Close every open day through a date, each in a transaction of its own."""

    help = "Close the books of every open day through a date; default: through yesterday."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the last day to close, and why."""
        parser.add_argument(
            "date",
            nargs="?",
            type=date.fromisoformat,
            help="last day to close, YYYY-MM-DD; default: yesterday in BUSINESS_TIME_ZONE",
        )
        parser.add_argument("--reason", default="closed by command", help=_("kept with each day"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Close, say which days, and stop at the first that cannot be closed."""
        at: datetime = timezone.now()
        last = options["date"] or periods.today(at) - timedelta(days=1)
        decider = Decider(actor="task:close_day")
        day = periods.next_day_to_close()
        if day is None or day > last:
            self.stdout.write(_("Nothing to close: the books are closed through that day."))
            return
        while day <= last:
            try:
                closing.close_day(day, decider=decider, at=at, reason=options["reason"])
            except DomainError as error:
                raise CommandError(str(error)) from error
            self.stdout.write(_("%(day)s is closed.") % {"day": day})
            day += timedelta(days=1)
