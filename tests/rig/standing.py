"""What the migrations make of an empty database, written down for `verify_books`.

`.venv/bin/python -m tests.rig.standing` makes a database of its own, migrates it, writes
settlements/queries/standing.txt from it, and drops it.
"""

import os

import django
from django.conf import settings

REMARK = """\
# What makes a law in the database, as the migrations make it. After a change of a migration:
# .venv/bin/python -m tests.rig.standing
"""


def standing_now() -> str:
    """Return what the file has to say of the database that is connected."""
    from django.db import transaction

    from ledger.queries import standing
    from settlements.queries.integrity import APPS

    with transaction.atomic():
        return REMARK + standing.written(standing.standing(APPS))


def write() -> None:
    """Write the file anew from a database that is made for it."""
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    from settlements.queries.integrity import STANDING
    from tests.rig.database import as_owner

    if settings.DATABASE_APPLICATION_ROLE is None:
        raise SystemExit("It tells of rights too: set DATABASE_OWNER_URL besides DATABASE_URL.")
    connection.settings_dict["TEST"]["NAME"] = f"standing_{os.getpid()}"
    with as_owner():
        made = setup_databases(verbosity=0, interactive=False, serialized_aliases=[])
        try:
            STANDING.write_text(standing_now())
        finally:
            teardown_databases(made, verbosity=0)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    django.setup()
    write()
