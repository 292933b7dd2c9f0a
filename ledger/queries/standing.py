"""What the laws in the database are: of each function, trigger and constraint a digest.

Read from the catalogue with no function but PostgreSQL's own, and told without names of roles,
of the database or numbers of objects, so that every installation of one release says the same.
"""

from collections.abc import Iterable, Mapping

from django.conf import settings
from django.db import connection

from ledger.leaves import LEAF_PATH

SWITCHED_OFF = "switched off"
"""Stands in the place of the digest of what does not act."""
GRANT = "grant "
"""Begins the names of rights, which are told in words."""


def parsed(text: str) -> dict[str, str]:
    """Return things with their digests out of lines `thing = digest`; # begins a remark."""
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return {thing: digest for thing, _is, digest in (line.partition(" = ") for line in lines)}


def written(things: Mapping[str, str]) -> str:
    """Return the lines that `parsed` reads, in order of name."""
    return "".join(f"{thing} = {things[thing]}\n" for thing in sorted(things))


def has_application_role() -> bool:
    """Tell whether the application works in a role that does not own the tables."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ({_APPLICATION}) IS NOT NULL", _arguments(()))
        return bool(cursor.fetchone()[0])


def standing(apps: Iterable[str]) -> dict[str, str]:
    """Return everything in the database that makes a law for these apps, with its digest.

    Rights are told in words and only where there is an application role. Call it inside a
    transaction.
    """
    assert connection.in_atomic_block, "the search path is set for one transaction"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT path, set_config('search_path', %s, true)"
            " FROM current_setting('search_path') AS path",
            [LEAF_PATH],
        )
        path = cursor.fetchone()[0]
        cursor.execute(_THINGS, _arguments(apps))
        things: dict[str, str] = dict(cursor.fetchall())
        cursor.execute("SELECT set_config('search_path', %s, true)", [path])
    return things


def _arguments(apps: Iterable[str]) -> dict[str, str | None]:
    return {
        "ours": f"^({'|'.join(apps)})_",
        "application": settings.DATABASE_APPLICATION_ROLE,
        "off": SWITCHED_OFF,
    }


# The house is whoever owns the journal. A process that was told of one role only may work in the
# application's all the same.
_APPLICATION = """
SELECT r.oid FROM pg_catalog.pg_roles r, pg_catalog.pg_class c
WHERE r.rolname = coalesce(%(application)s, current_user) AND r.oid <> c.relowner
  AND c.oid = 'public.ledger_journalentry'::regclass"""


def _digest(*parts: str) -> str:
    told = f"jsonb_build_array({', '.join(parts)})::text"
    return f"left(encode(sha256(convert_to({told}, 'UTF8')), 'hex'), 32)"


# All text of the catalogue is written by PostgreSQL from what it understood, so neither blanks
# nor versions of the server's minor kind make a difference. NOT NULL is told with the columns.
_FUNCTION = _digest(
    *("l.lanname", "p.prokind", "p.prosecdef", "p.proisstrict", "p.proleakproof"),
    *("p.provolatile", "p.proparallel", "p.proconfig", "pg_get_function_arguments(p.oid)"),
    *("pg_get_function_result(p.oid)", "p.prosrc", "pg_get_function_sqlbody(p.oid)"),
)


def _written_once(definition: str) -> str:
    """Read a definition without casts of texts, brackets and blanks.

    After a dump and a restore PostgreSQL writes the same condition with other ones. Who changes
    nothing but brackets is not seen by this; whoever changes a word is.
    """
    return (
        f"translate(regexp_replace({definition}, '::(character varying|text)(\\[\\])?', '', 'g'),"
        " '() ', '')"
    )


_TRIGGER = _digest(_written_once("pg_get_triggerdef(oid)"))
_CONSTRAINT = _digest(_written_once("pg_get_constraintdef(c.oid)"))
_INDEX = _digest(_written_once("pg_get_indexdef(i.oid)"), "x.indisvalid")
_TABLE = _digest(
    *("t.relkind", "t.relpersistence", "t.relrowsecurity", "t.relforcerowsecurity"),
    """(SELECT jsonb_agg(jsonb_build_array(a.attname, format_type(a.atttypid, a.atttypmod),
          a.attnotnull, a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid))
          ORDER BY a.attname)
        FROM pg_attribute a
        LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
        WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped)""",
    """(SELECT jsonb_agg(pg_get_ruledef(r.oid) ORDER BY r.rulename)
        FROM pg_rewrite r WHERE r.ev_class = t.oid)""",
)
_THINGS = f"""
WITH application AS ({_APPLICATION}),
law AS MATERIALIZED (
  SELECT t.oid, t.tgname, t.tgenabled, t.tgfoid, c.oid AS table_oid, c.relname
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
  WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace
    AND (c.relname ~ %(ours)s OR t.tgname ~ %(ours)s OR p.proname ~ %(ours)s)),
function AS MATERIALIZED (
  SELECT p.*, p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS place
  FROM pg_proc p
  WHERE p.pronamespace = 'public'::regnamespace
    AND (p.proname ~ %(ours)s OR p.oid IN (SELECT tgfoid FROM law))),
own AS MATERIALIZED (
  SELECT c.* FROM pg_class c
  WHERE c.relnamespace = 'public'::regnamespace AND c.relname ~ %(ours)s),
guarded AS MATERIALIZED (
  SELECT c.oid, c.relname, c.relkind, c.relowner, c.relacl FROM pg_class c
  WHERE c.oid IN (SELECT table_oid FROM law)
     OR c.oid IN (SELECT oid FROM own WHERE relkind IN ('r', 'p', 'v', 'm', 'S'))),
given (place, acl, owner) AS (
  SELECT relname::text, coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END
                                                    ::"char", relowner)), relowner FROM guarded
  UNION ALL
  SELECT g.relname || '.' || a.attname, a.attacl, g.relowner
  FROM guarded g JOIN pg_attribute a ON a.attrelid = g.oid WHERE a.attacl IS NOT NULL
  UNION ALL
  SELECT place, coalesce(proacl, acldefault('f', proowner)), proowner FROM function)
SELECT 'function ' || p.place,
  {_FUNCTION}
FROM function p JOIN pg_language l ON l.oid = p.prolang
UNION ALL
SELECT 'trigger ' || relname || '.' || tgname,
  CASE tgenabled WHEN 'O' THEN {_TRIGGER} ELSE %(off)s END
FROM law
UNION ALL
SELECT 'constraint ' || t.relname || '.' || c.conname,
  CASE WHEN EXISTS (SELECT FROM pg_trigger i WHERE i.tgconstraint = c.oid AND i.tgenabled <> 'O')
       THEN %(off)s ELSE {_CONSTRAINT} END
FROM pg_constraint c JOIN own t ON t.oid = c.conrelid
WHERE c.contype IN ('c', 'f', 'p', 'u', 'x')
UNION ALL
SELECT 'index ' || i.relname, {_INDEX}
FROM pg_index x JOIN own t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
WHERE x.indisunique AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.oid
                                      AND c.contype IN ('p', 'u', 'x'))
UNION ALL
SELECT 'table ' || t.relname,
  {_TABLE}
FROM own t WHERE t.relkind IN ('r', 'p', 'v', 'm')
UNION ALL
SELECT '{GRANT}' || told.place || ' to ' || told.who,
  string_agg(told.granted, ', ' ORDER BY told.granted)
FROM (
  SELECT g.place, r.privilege_type || CASE WHEN r.is_grantable THEN '*' ELSE '' END AS granted,
    CASE r.grantee WHEN 0 THEN 'everybody' WHEN application.oid THEN 'the application'
                   ELSE 'the role ' || pg_get_userbyid(r.grantee) END AS who
  FROM application, given g, aclexplode(g.acl) r
  WHERE r.grantee <> g.owner
    AND (r.privilege_type <> 'SELECT' OR r.grantee IN (0, application.oid))) told
GROUP BY told.place, told.who
UNION ALL
SELECT '{GRANT}of all that the owner has to the application', 'MEMBER'
FROM application JOIN pg_class c ON c.oid = 'public.ledger_journalentry'::regclass
WHERE pg_has_role(application.oid, c.relowner, 'MEMBER')
"""  # noqa: S608  put together from constants of this module
