"""`manage.py replay_orders DIR`: a marketplace's real orders, through the whole house."""

import json
import resource
import time
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from settlements.rehearsal.folder import Folder
from settlements.rehearsal.olist import OrderFilesError, Orders, read_orders
from settlements.rehearsal.replay import Replay

KIB_PER_MIB = 1024


def folder(text: str) -> Path:
    """Read a folder's name from the command line."""
    path = Path(text)
    if not path.is_dir():
        raise ArgumentTypeError(_("%(path)s is not a folder.") % {"path": text})
    return path


def count(text: str) -> int:
    """Read how many from the command line: one at least."""
    if not (text.isascii() and text.isdigit() and int(text)):
        raise ArgumentTypeError(_("%(text)s is not a number above zero.") % {"text": text})
    return int(text)


class Command(BaseCommand):
    """Take real orders through payment, settlement and payout against a simulator of its own."""

    help = (
        "Replay a marketplace's real orders (CSV files in the layout of Olist's data set): "
        "payments, books, settlement, payout. Resumes where it was cut off."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the folder, how much of it, and where the replay lives."""
        parser.add_argument("folder", type=folder)
        parser.add_argument("--first", type=count, default=None, help=_("only so many payments"))
        parser.add_argument("--report", type=Path, default=None, help=_("also write JSON here"))
        parser.add_argument(
            "--var",
            type=Path,
            default=settings.VAR_DIR / "replay",
            help=_("folder of the simulator's memory and the logs; default: var/replay"),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse a live deployment, replay, print the table; exit 1 when it does not tie."""
        started = time.monotonic()
        if not settings.SANDBOX:
            raise CommandError(
                _(
                    "A replay is for a sandbox (SANDBOX=1): it would mix with real money. Nothing"
                    " was written."
                )
            )
        orders = self._orders(options["folder"], first=options["first"])
        report = Replay(orders=orders, folder=Folder(options["var"].resolve())).run()
        self.stdout.write(report.as_text())
        self._show_cost(orders, seconds=time.monotonic() - started)
        if options["report"]:
            options["report"].write_text(json.dumps(report.figures, indent=1, sort_keys=True))
        if not report.is_tied:
            raise CommandError(_("The table does not tie; the lines marked ✗ say where."))

    def _orders(self, path: Path, *, first: int | None) -> Orders:
        try:
            orders = read_orders(path, zone=ZoneInfo(str(settings.BUSINESS_TIME_ZONE)))
        except OrderFilesError as error:
            raise CommandError(_("%(reason)s Nothing was written.") % {"reason": error}) from error
        if first is not None:
            orders.purchases.sort(key=lambda purchase: purchase.at)
            del orders.purchases[first:]
            sold = {purchase.order_no for purchase in orders.purchases}
            orders.unallocated = [row for row in orders.unallocated if row[0] in sold]
        return orders

    def _show_cost(self, orders: Orders, *, seconds: float) -> None:
        """Say how fast this run was, and how much memory it took: shown, never compared.

        All orders of the files count, by the whole command. The processes that it started have
        ended by now, so the system knows the largest of them.
        """
        own, started = (
            resource.getrusage(who).ru_maxrss // KIB_PER_MIB
            for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
        self.stdout.write(
            _("%(count)d orders in %(seconds).1f s: %(rate).1f orders/s")
            % {
                "count": orders.order_count,
                "seconds": seconds,
                "rate": orders.order_count / seconds,
            }
        )
        self.stdout.write(
            _("peak memory: %(own)d MiB, and %(started)d MiB in the largest process it started")
            % {"own": own, "started": started}
        )
