"""Whether the laws themselves still stand, and the configuration is what its history says.

Who owns the tables can switch a law off and change what it guards. Whether it was left off is seen
from the catalogue; what was changed meanwhile is seen from the history, which was not told.
"""

from django.utils.translation import gettext_lazy as _

from ledger.queries.integrity import Law


def laws_stand(triggers: list[str]) -> Law:
    """Return the law that these triggers (`table.trigger`) are there and in force."""
    return Law(
        code="laws_stand",
        sentence=_("Every trigger that makes a law is there and in force."),
        count="SELECT cardinality(%s::text[])",
        differences="""
            SELECT expected.place, 'in force',
                   CASE WHEN t.oid IS NULL THEN 'missing' ELSE 'switched off' END
            FROM unnest(%s::text[]) AS expected (place)
            LEFT JOIN (pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
                         AND c.relnamespace = 'public'::regnamespace)
              ON c.relname || '.' || t.tgname = expected.place AND NOT t.tgisinternal
            WHERE t.oid IS NULL OR t.tgenabled <> 'O'
            ORDER BY 1""",
        arguments=(triggers,),
    )


LAWS_OF_HISTORY = (
    Law(
        code="configuration_follows_history",
        sentence=_("Everything that is configured is what its history says."),
        count="SELECT count(*) FROM ledger_configurationchange",
        differences="SELECT place, expected, found FROM ledger_history_differences()",
    ),
)
"""What must always be true of the configuration."""
