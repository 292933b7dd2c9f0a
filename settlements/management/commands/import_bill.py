"""`manage.py import_bill`: import a file of our bank."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from ledger.errors import DomainError
from settlements.actions.bills import import_bill
from settlements.bills.documents import BYTES_MAX
from settlements.models import BillLineState


class Command(BaseCommand):
    """Import a pain.002 or camt.053 file; the same file again changes nothing."""

    help = "Import a report (pain.002) or a statement (camt.053) of one of our bank accounts."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take our bank account and the file."""
        parser.add_argument("bank_account_id", help="id of our bank account, chn_…")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, and say what the file held."""
        try:
            bill = import_bill(
                bank_account_id=options["bank_account_id"],
                content=_content(options["file"]),
                actor="task:import_bill",
                at=timezone.now(),
            )
        except DomainError as error:
            raise CommandError(str(error)) from error
        open_count = bill.lines.filter(state=BillLineState.OPEN).count()
        self.stdout.write(
            _("%(bill)s %(kind)s %(message_id)s: %(lines)d lines, %(open)d open.")
            % {
                "bill": bill.pk,
                "kind": bill.get_kind_display(),
                "message_id": bill.message_id,
                "lines": bill.line_count,
                "open": open_count,
            }
        )


def _content(file: Path) -> bytes:
    """Read a file, but no further than a bill may go: the parser refuses the byte too many."""
    try:
        with file.open("rb") as opened:
            return opened.read(BYTES_MAX + 1)
    except OSError as error:
        raise CommandError(str(error)) from error
