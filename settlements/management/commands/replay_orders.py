"""`manage.py replay_orders DIR`: a marketplace's real orders, through the whole house."""

import json
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from settlements.rehearsal.olist import OrderFilesError, read_orders
from settlements.rehearsal.replay import Replay


def folder(text: str) -> Path:
    """Read a folder's name from the command line."""
    path = Path(text)
    if not path.is_dir():
        raise ArgumentTypeError(_("%(path)s is not a folder.") % {"path": text})
    return path


class Command(BaseCommand):
    """Take real orders through payment, settlement and payout against a simulator of its own."""

    help = gettext_lazy(
        "Replay a marketplace's real orders (CSV files in the layout of Olist's data set): "
        "payments, books, settlement, payout. Resumes where it was cut off."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the folder, and how much of it."""
        parser.add_argument("folder", type=folder)
        parser.add_argument("--first", type=int, default=None, help=_("only so many payments"))
        parser.add_argument("--report", type=Path, default=None, help=_("also write JSON here"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse a live deployment, replay, print the table; exit 1 when it does not tie."""
        if not settings.SANDBOX:
            raise CommandError(
                _("A replay is for a sandbox (SANDBOX=1): it would mix with real money. Nothing"
                  " was written.")
            )
        try:
            orders = read_orders(
                options["folder"], zone=ZoneInfo(str(settings.BUSINESS_TIME_ZONE))
            )
        except OrderFilesError as error:
            raise CommandError(str(error)) from error
        if options["first"]:
            orders.purchases.sort(key=lambda purchase: purchase.at)
            del orders.purchases[options["first"] :]
        report = Replay(orders=orders, directory=settings.BASE_DIR / "var" / "replay").run()
        self.stdout.write(report.as_text())
        if options["report"]:
            options["report"].write_text(json.dumps(report.figures, indent=1, sort_keys=True))
        if not report.is_tied:
            raise CommandError(_("The table does not tie; the lines marked ✗ say where."))
