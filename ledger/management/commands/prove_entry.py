"""`manage.py prove_entry`: prove that an entry, or all of a payment's, was sealed and stands."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from ledger.queries import inclusion
from ledger.queries.inclusion import Inclusion


class Command(BaseCommand):
    """Print leaf, path, root, block and published head of entries. It writes nothing."""

    help = "Prove one entry or all of a payment's, by number, source or id. Exit code 1 if not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to prove."""
        parser.add_argument("name", metavar="ENTRY_OR_PAYMENT")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the proof of each entry, then whether all of them stand."""
        entries = inclusion.entries_named(options["name"])
        if not entries:
            raise CommandError(_("There is no entry of %(name)s.") % {"name": options["name"]})
        stand = [self._prove(entry.pk, entry.source) for entry in entries]
        if not all(stand):
            sys.exit(1)

    def _prove(self, entry_id: int, source: str) -> bool:
        self.stdout.write(_("entry %(id)d %(source)s") % {"id": entry_id, "source": source})
        found = inclusion.inclusion_of(entry_id)
        if found is None:
            self._line(_("not sealed yet"), "")
            return False
        self._show(found)
        return found.stands

    def _show(self, found: Inclusion) -> None:
        self._line(_("content"), found.content or _("no such row"))
        self._line(_("leaf"), found.leaf.hex())
        for step in found.path:
            side = pgettext("Merkle", "left") if step.is_left else pgettext("Merkle", "right")
            self._line(_("path, %(side)s") % {"side": side}, step.neighbour.hex())
        self._line(_("root"), bytes(found.block.root).hex())
        self._line(_("block"), f"{found.block.number} {bytes(found.block.hmac).hex()}")
        if found.head is not None:
            self._line(_("published head"), f"{found.head.number} {found.head.hmac.hex()}")
        else:
            self._line(_("published head"), _("none yet"))
        self._line(_("verified"), _("yes") if found.stands else _("NO"))

    def _line(self, name: str, value: str) -> None:
        self.stdout.write(f"  {name}: {value}" if value else f"  {name}")
