"""Django's migrate, which first lets the application role use what the owner makes."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from config.grants import grant_to_application


class Command(migrate.Command):
    """Grant, then migrate; run as the owner role (manage.py sees to it)."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Grant the default privileges and run Django's own command."""
        grant_to_application(connections[options["database"]])
        super().handle(*args, **options)
