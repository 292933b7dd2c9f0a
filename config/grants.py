"""What the application role may do with the tables that the owner makes."""

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper


def grant_to_application(connection: BaseDatabaseWrapper) -> None:
    """Let the application role read and write every table that the owner makes from now on.

    Run by the owner before it migrates; doing it again changes nothing. It sets the default
    privileges of this database only, so a migration that takes some of them away from a table
    (`REVOKE UPDATE, DELETE …`) is never undone. No TRUNCATE, no REFERENCES, no TRIGGER.
    Where one role serves as both there is nothing to grant.
    """
    role = settings.DATABASE_APPLICATION_ROLE
    if role is None:
        return
    name = connection.ops.quote_name(role)
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO " + name
        )
        cursor.execute("ALTER DEFAULT PRIVILEGES GRANT USAGE, SELECT ON SEQUENCES TO " + name)
