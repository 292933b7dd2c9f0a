"""What is sealed, and what a sealed row says, byte for byte: streams as data, SQL as text.

A leaf is SHA-256 over the row's fields, each written as its length in bytes, a colon, the value
and a comma (`-,` where there is none), so that no two rows ever say the same. What belongs to a
row stands in brackets after its own fields. Instants are whole microseconds and days whole days
since 1970, so that no session's zone or style matters.

The text stands here and calls built-in functions only: nobody changes what is proved by changing
a function in the database. It is run with `search_path` on the catalogue alone (LEAF_PATH), so
tables are named with their schema.

A column that comes later gets a new form of its stream beside the old one: blocks name the form
of their leaves and are proved by that one for ever.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

LEAF_PATH = "pg_catalog"


class Kind(StrEnum):
    """How the values of a column are written."""

    TEXT = "{0}::text"
    NUMBER = "{0}::bigint::text"
    DAY = "({0} - DATE '1970-01-01')::text"
    INSTANT = "(extract(epoch FROM {0}) * 1000000)::bigint::text"
    BYTES = "encode({0}, 'hex')"


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of row that is sealed.

    `forms` gives by number the SQL text of a row's content, the newest one last; the row is `t`.
    `recorded` is its column of machine time, where it has one. `has_totals` streams have postings.
    """

    name: str
    table: str
    forms: Mapping[int, str]
    recorded: str | None = None
    has_totals: bool = False

    @property
    def form(self) -> int:
        """Return the form in which new blocks are made."""
        return max(self.forms)

    def leaf_sql(self, form: int) -> str:
        """Return the SQL that gives the leaf of the row `t`."""
        return f"sha256('\\x00'::bytea || convert_to({self.forms[form]}, 'UTF8'))"


def told(name: str, form: int, *fields: str, nested: str = "''") -> str:
    """Put the SQL of a row's content together: what stream and form it is of, then its fields.

    `nested` is the SQL of what belongs to the row and brings its own brackets.
    """
    domain = (f"'{len(name)}:{name},'", f"'{len(str(form))}:{form},'")
    return " || ".join([*domain, measured(*fields), nested])


def measured(*fields: str) -> str:
    """Write fields one after the other, each with its length before it."""
    return " || ".join(
        f"coalesce(octet_length({text})::text || ':' || {text} || ',', '-,')" for text in fields
    )


def columns(row: str, **kinds: Kind) -> tuple[str, ...]:
    """Return the SQL of each column of a row as a text."""
    return tuple(kind.value.format(f"{row}.{name}") for name, kind in kinds.items())


_POSTING = measured(
    *columns("p", id=Kind.NUMBER, account_id=Kind.NUMBER),
    *columns("a", code=Kind.TEXT, owner_id=Kind.TEXT),
    *columns(
        "p",
        currency=Kind.TEXT,
        side=Kind.TEXT,
        amount_minor=Kind.NUMBER,
        balance_after_minor=Kind.NUMBER,
        seq=Kind.NUMBER,
        recorded_at=Kind.INSTANT,
    ),
)
_POSTINGS = f"""coalesce((SELECT string_agg('[' || {_POSTING} || ']', '' ORDER BY p.id)
  FROM public.ledger_posting p
  LEFT JOIN public.ledger_account a ON a.id = p.account_id WHERE p.entry_id = t.id), '[]')"""  # noqa: S608  put together from constants of this module

ENTRIES = Stream(
    name="entries",
    table="ledger_journalentry",
    recorded="recorded_at",
    has_totals=True,
    forms={
        1: told(
            "entries",
            1,
            *columns(
                "t",
                id=Kind.NUMBER,
                source=Kind.TEXT,
                kind=Kind.TEXT,
                subject=Kind.TEXT,
                description=Kind.TEXT,
                effective_date=Kind.DAY,
                booked_at=Kind.INSTANT,
                recorded_at=Kind.INSTANT,
                reverses_id=Kind.NUMBER,
            ),
            nested=_POSTINGS,
        )
    },
)

AUDIT = Stream(
    name="audit",
    table="ledger_auditentry",
    recorded="recorded_at",
    forms={
        1: told(
            "audit",
            1,
            *columns(
                "t",
                id=Kind.NUMBER,
                action=Kind.TEXT,
                subject=Kind.TEXT,
                actor=Kind.TEXT,
                at=Kind.INSTANT,
                recorded_at=Kind.INSTANT,
                client_ip=Kind.TEXT,
                request_id=Kind.TEXT,
                reason=Kind.TEXT,
                before=Kind.TEXT,
                after=Kind.TEXT,
            ),
        )
    },
)

# A decision is worth what it decided on: what never changes of its request is sealed with it.
_REQUEST = measured(
    *columns(
        "r",
        id=Kind.TEXT,
        kind=Kind.TEXT,
        object_type=Kind.TEXT,
        object_id=Kind.TEXT,
        payload=Kind.TEXT,
        digest=Kind.BYTES,
        maker=Kind.TEXT,
        amount_minor=Kind.NUMBER,
        currency=Kind.TEXT,
        required=Kind.NUMBER,
        needs_head=Kind.TEXT,
        created_at=Kind.INSTANT,
        expires_at=Kind.INSTANT,
    )
)
_ITS_REQUEST = f"""coalesce((SELECT '[' || {_REQUEST} || ']'
  FROM public.ledger_approvalrequest r WHERE r.id = t.request_id), '[]')"""  # noqa: S608  as above

APPROVALS = Stream(
    name="approvals",
    table="ledger_approvaldecision",
    forms={
        1: told(
            "approvals",
            1,
            *columns(
                "t",
                id=Kind.NUMBER,
                request_id=Kind.TEXT,
                maker=Kind.TEXT,
                approver=Kind.TEXT,
                decision=Kind.TEXT,
                as_head=Kind.TEXT,
                digest=Kind.BYTES,
                second_factor=Kind.TEXT,
                client_ip=Kind.TEXT,
                reason=Kind.TEXT,
                at=Kind.INSTANT,
            ),
            nested=_ITS_REQUEST,
        )
    },
)

CONFIGURATION = Stream(
    name="configuration",
    table="ledger_configurationchange",
    recorded="recorded_at",
    forms={
        1: told(
            "configuration",
            1,
            *columns(
                "t",
                id=Kind.NUMBER,
                table_name=Kind.TEXT,
                row_id=Kind.TEXT,
                operation=Kind.TEXT,
                before=Kind.TEXT,
                after=Kind.TEXT,
                database_role=Kind.TEXT,
                recorded_at=Kind.INSTANT,
            ),
        )
    },
)

STREAMS: Mapping[str, Stream] = {
    stream.name: stream for stream in (ENTRIES, AUDIT, APPROVALS, CONFIGURATION)
}
"""All that is sealed. To seal another kind of row, add it here; it needs `id` and `xact`."""
