"""`manage.py channel_doctor`: examine channel accounts without moving money."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from payments.actions.channel_doctor import examine
from payments.actions.channel_findings import Level
from payments.models import ChannelAccount

_MARKS = {Level.FINE: "ok", Level.WARNING: "warning", Level.ERROR: "ERROR"}


class Command(BaseCommand):
    """Examine one account, or all that are switched on; exits with 1 where something is broken."""

    help = "Check keys, certificates, clocks, reach and signatures of channel accounts."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the account, and whether a machine reads the answer."""
        parser.add_argument("account", nargs="?", help="chn_…; default: all that are enabled")
        parser.add_argument("--json", action="store_true", help="write JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Examine, and say what was seen and what to do."""
        accounts = ChannelAccount.objects.filter(is_enabled=True).order_by("channel", "name")
        if options["account"]:
            accounts = ChannelAccount.objects.filter(pk=options["account"])
        found = {account: examine(account) for account in accounts}
        if not found:
            raise CommandError(_("There is no such channel account."))
        if options["json"]:
            told = {
                account.pk: [
                    {**finding.kept(), "seen": finding.seen, "todo": finding.todo}
                    for finding in findings
                ]
                for account, findings in found.items()
            }
            self.stdout.write(json.dumps(told, ensure_ascii=False, indent=1))
        else:
            for account, findings in found.items():
                self.stdout.write(f"{account.name} ({account.pk})")
                for finding in findings:
                    mark = _MARKS[finding.level]
                    self.stdout.write(f"  {mark:8}{finding.check}: {finding.seen} {finding.todo}")
        if any(finding.level is Level.ERROR for all_ in found.values() for finding in all_):
            raise SystemExit(1)
