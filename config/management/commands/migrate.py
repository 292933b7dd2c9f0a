"""Django's migrate, with what else a database of ours needs: grants and the cache's table."""

from typing import Any

from django.core.management import call_command
from django.core.management.commands import migrate
from django.db import connections

from config.grants import grant_to_application


class Command(migrate.Command):
    """Let the application role use what the owner makes, migrate, and make the cache's table.

    Run as the owner role; manage.py sees to it. Doing it again changes nothing.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        """Grant the default privileges, run Django's own command, and make the cache's table."""
        if options["check_unapplied"] or options["plan"]:
            super().handle(*args, **options)
            return
        grant_to_application(connections[options["database"]])
        super().handle(*args, **options)
        call_command(
            "createcachetable", database=options["database"], verbosity=options["verbosity"]
        )
