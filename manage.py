#!/usr/bin/env python
"""Django's command line for this project."""

import os
import signal
import sys
from types import FrameType

# These change tables, and tables belong to the owner role.
OWNER_COMMANDS = {
    "createcachetable",
    "flush",
    "makemigrations",
    "migrate",
    "optimizemigration",
    "sqlflush",
    "sqlmigrate",
    "squashmigrations",
}
# Only the web is hurried by the short time-outs of the application role.
HURRIED_COMMANDS = {"runserver"}
# These do what others ask for; each request and each job has an id of its own.
SERVING_COMMANDS = {"procrastinate", "runserver"}


def leave(signum: int, frame: FrameType | None) -> None:
    """Turn SIGTERM into an ordinary exit, so that exit functions run.

    Without it a terminated process would leave the embedded PostgreSQL running behind it.
    """
    sys.exit(128 + signum)


def main() -> None:
    """Run one management command, with the database role that it needs."""
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    if command in OWNER_COMMANDS:
        os.environ.setdefault("DATABASE_ROLE", "owner")
    if command not in HURRIED_COMMANDS:
        os.environ.setdefault("DATABASE_PATIENCE", "patient")
    signal.signal(signal.SIGTERM, leave)

    from django.core.management import execute_from_command_line

    from ledger.origin import Origin, coming_from, of_command

    with coming_from(Origin() if command in SERVING_COMMANDS else of_command()):
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
