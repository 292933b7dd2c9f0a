"""`manage.py run_simulator`: start the other side of the wire."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from payments.simulator import process


class Command(BaseCommand):
    """Start the channel simulator; it uses neither our settings nor our database."""

    help = "Run the channel simulator until it is stopped."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what `python -m payments.simulator` takes."""
        process.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until SIGTERM or Ctrl-C."""
        process.run(
            process.Options(
                host=options["host"],
                port=options["port"],
                directory=options["dir"],
                ladder_scale=options["ladder_scale"],
                public_url=options["public_url"],
            )
        )
