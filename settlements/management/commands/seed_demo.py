"""`manage.py seed_demo`: the demo's merchants and people, against a simulator that runs already."""

from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from settlements.rehearsal.demo import Demo
from settlements.rehearsal.marketplace import open_marketplace
from settlements.rehearsal.month import PLAN
from settlements.rehearsal.other_side import OtherSide


class Command(BaseCommand):
    """Make a marketplace, its merchants and its people, and print the sign-ins. Idempotent."""

    help = (
        "Seed the demo's marketplace, merchants and people against a running simulator"
        " (./manage.py run_simulator). Nothing is sold; the same again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the simulator's address, and where the sign-ins are kept."""
        parser.add_argument(
            "--simulator-url", required=True, help=_("such as http://127.0.0.1:8770")
        )
        parser.add_argument(
            "--var",
            type=Path,
            default=settings.VAR_DIR,
            help=_("folder of demo.json; default: var"),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse a live deployment or a simulator that does not answer, then seed."""
        if not settings.SANDBOX:
            raise CommandError(_("The demo is for a sandbox (SANDBOX=1). Nothing was written."))
        demo = Demo(options["var"].resolve())
        at = timezone.now()
        with OtherSide(options["simulator_url"].rstrip("/")) as other_side:
            _require_answering(other_side)
            with demo.held(simulator=other_side.url):
                market = open_marketplace(PLAN, other_side=other_side, at=at)
                demo.seed(market, other_side=other_side, at=at)
        for line in demo.sign_ins():
            self.stdout.write(line)


def _require_answering(other_side: OtherSide) -> None:
    try:
        other_side.require_answering()
    except httpx.HTTPError as error:
        raise CommandError(
            _("No simulator answers at %(url)s: %(reason)s. Nothing was written.")
            % {"url": other_side.url, "reason": error}
        ) from error
