"""How many people must agree is what was released, or what people agreed to, word for word."""

from django.utils.translation import gettext_lazy as _

from ledger.queries.integrity import Law

MILLION_MINOR = 100_000_000

# kind, currency, above (minor units), people, a finance head among them: as migration 0008 made
# them. A change of these is a new version that people agree to.
_SEEDS = (
    ("", "", 0, 1, False),
    ("", "CNY", 0, 1, False),
    ("", "CNY", MILLION_MINOR // 10, 2, False),
    ("", "CNY", MILLION_MINOR, 2, True),
    ("", "BRL", 0, 1, False),
    ("", "BRL", MILLION_MINOR, 2, True),
    ("approval_tier", "", 0, 1, True),
)
_SEED_ROWS = ", ".join(
    f"('{kind}', '{currency}', {above}::bigint, {people}::smallint, {needs_head})"
    for kind, currency, above, people, needs_head in _SEEDS
)
_TIER = "kind, currency, above_minor, required, needs_head"


def _told(row: str) -> str:
    """Return the SQL that says how many people a tier asks for."""
    return (
        f"{row}.required || CASE WHEN {row}.needs_head THEN ' people, a finance head among them'"
        " ELSE ' people' END"
    )


LAWS_OF_TIERS = (
    Law(
        code="tiers_were_agreed",
        sentence=_("Every approval tier is as it was released, or as people agreed to it."),
        count="SELECT count(*) FROM ledger_approvaltier",
        differences=f"""
            WITH seed ({_TIER}) AS (VALUES {_SEED_ROWS}),
            seeded AS (SELECT * FROM ledger_approvaltier WHERE approval_id IS NULL)
            SELECT place, expected, found
            FROM (
              SELECT kind || ' ' || currency || ' > ' || above_minor AS place,
                     coalesce({_told("s")}, 'no such tier') AS expected,
                     coalesce({_told("t")}, 'no such tier') AS found
              FROM seed s FULL JOIN seeded t USING (kind, currency, above_minor)
              WHERE (s.required, s.needs_head) IS DISTINCT FROM (t.required, t.needs_head)
              UNION ALL
              SELECT t.kind || ' ' || t.currency || ' > ' || t.above_minor, 'agreed to by people',
                     {_told("t")} || coalesce(', request ' || r.id || ' ' || r.state, '')
              FROM ledger_approvaltier t
              LEFT JOIN ledger_approvalrequest r ON r.id = t.approval_id
              WHERE t.approval_id IS NOT NULL
                AND (r.kind = 'approval_tier' AND r.state = 'executed' AND r.needs_head
                     AND r.maker = t.created_by
                     AND r.payload @> jsonb_build_object(
                           'kind', t.kind, 'currency', t.currency, 'above_minor', t.above_minor,
                           'required', t.required, 'needs_head', t.needs_head)) IS NOT TRUE) told
            ORDER BY 1, 2, 3""",  # noqa: S608  put together from constants of this module
    ),
)
"""What must always be true of approval tiers."""
