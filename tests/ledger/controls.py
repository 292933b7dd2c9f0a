# ruff: noqa: S608  the lies are ours, and no stranger's text is in them
"""Attacks that one law alone refuses: what happens when that law is not there.

Each is a pair: rows that are in order, and a lie about them. A lie returns whether it stands.
"""

from ledger.actions import approvals, audit, journal
from ledger.actions.approvals import Decider
from ledger.actions.journal import Entry, credit, debit
from tests.factories.books import closed
from tests.instants import NOON, THURSDAY
from tests.ledger.controls_of_people import CONTROLS_OF_PEOPLE, decision
from tests.ledger.controls_of_periods import CONTROLS_OF_PERIODS, WEDNESDAY
from tests.rig.attacks import run_sql
from tests.rig.controls import Control, stands, stands_if


def written() -> None:
    """Write a deed into every table of the books, in order."""
    journal.post_entry(
        Entry(
            source="bank:0",
            kind="wallet_topped_up",
            legs=(debit("1102", "chn_w", 100, "CNY"), credit("2901", "chn_w", 100, "CNY")),
            effective_date=WEDNESDAY,
            at=NOON,
        )
    )
    closed(WEDNESDAY)
    journal.post_entry(
        Entry(
            source="bank:1",
            kind="channel_settled",
            legs=(debit("1001", "chn_b", 100, "CNY"), credit("2003", "mer_a", 100, "CNY")),
            effective_date=THURSDAY,
            at=NOON,
        )
    )
    request, _unanswered = (
        approvals.request_approval(
            kind="settlement",
            object_type="settlement",
            object_id=settlement,
            payload={"net": 100},
            maker="user:1",
            at=NOON,
            required=2,
        )
        for settlement in ("stl_1", "stl_2")
    )
    approvals.decide(
        request.pk,
        is_approved=True,
        shown_digest=request.digest,
        decider=Decider("user:2", second_factor="totp"),
        at=NOON,
    )
    run_sql("INSERT INTO ledger_installation DEFAULT VALUES")
    audit.record_audit(action="a.deed", subject="stl_1", actor="user:1", at=NOON)
    run_sql(seal())


def seal(**words: str) -> str:
    """Write a block that follows the last one."""
    told = {
        "number": "coalesce(max(number), 0) + 1",
        "previous": "coalesce((array_agg(hmac ORDER BY number DESC))[1],"
        " decode(repeat('00', 32), 'hex'))",
        "root": "decode(repeat('ab', 32), 'hex')",
        "count": "1",
        **words,
    }
    return (
        "INSERT INTO ledger_seal (number, stream, form, first_id, last_id, count, ids, leaves,"
        " totals, root, previous_hmac, hmac, key_id, cluster, floor, sealed_at)"
        f" SELECT {told['number']}, 'audit', 1, 1, 1, {told['count']}, ARRAY[1],"
        f" decode(repeat('ab', 32), 'hex'), '{{}}', {told['root']}, {told['previous']},"
        " decode(repeat('cd', 32), 'hex'), 'test1', 1, 0, now() FROM ledger_seal"
    )


ENTRY = (
    "INSERT INTO ledger_journalentry"
    " (source, kind, subject, description, effective_date, booked_at, recorded_at, xact, checks)"
    " VALUES ('lie', 'x', '', '', '2026-03-05', now(), '2001-01-01', '3', 0)"
)
ENTRY_AND = f"WITH lie AS ({ENTRY} RETURNING id)"
POSTING = (
    "INSERT INTO ledger_posting"
    " (entry_id, account_id, currency, side, amount_minor, balance_after_minor, seq) "
)
# Two postings of the lying entry, on the bank's account, which balance.
BALANCED = (
    f"{ENTRY_AND} {POSTING} SELECT lie.id, a.id, a.currency, side, {{amount}}, 0, 0"
    " FROM lie, ledger_account a, (VALUES ('D'), ('C')) sides (side) WHERE a.code = '1001'"
)
ACCOUNT = (
    "INSERT INTO ledger_account (code, owner_id, currency, normal_side, is_floored, opened_at)"
    " VALUES ({values}, now())"
)
HISTORY = (
    "INSERT INTO ledger_configurationchange"
    " (table_name, row_id, operation, database_role, recorded_at)"
    " VALUES ('auth_user', '1', '{operation}', 'nobody', now())"
)


def entry_of(leg: str) -> str:
    """Write a lying entry with one leg on the merchant's account: side and amount."""
    return (
        f"{ENTRY_AND} {POSTING} SELECT lie.id, a.id, a.currency, {leg}, 0, 0"
        " FROM lie, ledger_account a WHERE a.code = '2003'"
    )


CONTROLS = [
    # Entries and postings.
    Control("ledger_journalentry", "ledger_entry_balanced", stands(entry_of("'C', 5"))),
    Control(
        "ledger_journalentry",
        "ledger_entry_stamp",
        stands_if(
            ENTRY, "SELECT recorded_at < '2002-01-01' FROM ledger_journalentry WHERE source = 'lie'"
        ),
    ),
    Control(
        "ledger_journalentry",
        "ledger_entry_source",
        stands(BALANCED.format(amount=1).replace("'lie'", "'bank:1'")),
    ),
    Control(
        "ledger_journalentry",
        "ledger_journalentry_reverses_id_key",
        stands(
            BALANCED.format(amount=1)
            .replace("checks)", "checks, reverses_id)")
            .replace(
                "VALUES ('lie', 'x', '', '', '2026-03-05', now(), '2001-01-01', '3', 0)",
                "SELECT 'lie:' || n, 'x', '', '', '2026-03-05'::date, now(), now(), '3'::xid8, 0,"
                " (SELECT id FROM ledger_journalentry WHERE source = 'bank:1')"
                " FROM generate_series(1, 2) n",
            )
        ),
    ),
    Control(
        "ledger_posting",
        "ledger_posting_moves_balance",
        stands(
            f"{POSTING} SELECT entry_id, account_id, currency, side, amount_minor, 999, 999"
            " FROM ledger_posting"
        ),
    ),
    Control("ledger_posting", "ledger_posting_positive", stands(BALANCED.format(amount=0))),
    Control(
        "ledger_posting",
        "ledger_posting_side",
        stands(
            BALANCED.format(amount=7).replace("('D'), ('C')", "('D'), ('X')"),
        ),
    ),
    Control(
        "ledger_posting",
        "ledger_posting_moves_balance",  # under the name ledger_posting_account_fk
        stands(BALANCED.format(amount=7).replace("a.currency, side", "'USD', side")),
        also=(("ledger_posting", "ledger_posting_seq"),),
    ),
    Control(
        "ledger_accountbalance",
        "ledger_balance_floor",
        stands(
            f"{ENTRY_AND} {POSTING} SELECT lie.id, a.id, a.currency,"
            " CASE a.code WHEN '2003' THEN 'D' ELSE 'C' END, 101, 0, 0"
            " FROM lie, ledger_account a WHERE a.code IN ('1001', '2003')"
        ),
    ),
    Control(
        "ledger_accountbalance",
        "ledger_balance_guard",
        stands("UPDATE ledger_accountbalance SET credits_minor = credits_minor + 1"),
    ),
    Control(
        "ledger_accountbalance",
        "ledger_balance_stays",
        stands("DELETE FROM ledger_accountbalance"),
    ),
    Control(
        "ledger_accountbalance",
        "ledger_balance_nature_fk",
        stands("UPDATE ledger_accountbalance SET is_floored = false WHERE is_floored"),
        also=(("ledger_accountbalance", "ledger_balance_guard"),),
    ),
    Control(
        "ledger_accountbalance",
        "ledger_balance_currency_fk",
        stands("UPDATE ledger_accountbalance SET currency = 'USD'"),
        also=(("ledger_accountbalance", "ledger_balance_guard"),),
    ),
    # Accounts.
    Control(
        "ledger_account",
        "ledger_account_opens_balance",
        stands_if(
            ACCOUNT.format(values="'1001', 'lie', 'CNY', 'D', false"),
            "SELECT NOT EXISTS (SELECT FROM ledger_accountbalance b JOIN ledger_account a"
            " ON a.id = b.account_id WHERE a.owner_id = 'lie')",
        ),
    ),
    Control(
        "ledger_account",
        "ledger_account_as_charted",
        stands(ACCOUNT.format(values="'2002', 'lie', 'CNY', 'C', false")),
    ),
    Control(
        "ledger_account",
        "ledger_account_address",
        stands(ACCOUNT.format(values="'2003', 'mer_a', 'CNY', 'C', true")),
    ),
    Control(
        "ledger_account",
        "ledger_account_currency_code",
        stands(ACCOUNT.format(values="'1001', 'lie', 'cny', 'D', false")),
    ),
    Control(
        "ledger_account",
        "ledger_account_normal_side",
        stands(ACCOUNT.format(values="'1001', 'lie', 'CNY', 'X', false")),
        also=(("ledger_account", "ledger_account_as_charted"),),
    ),
    # Seals.
    Control(
        "ledger_seal",
        "ledger_seal_follows",
        stands(seal(previous="decode(repeat('ab', 32), 'hex')")),
    ),
    Control("ledger_seal", "ledger_seal_members", stands(seal(count="2"))),
    Control("ledger_seal", "ledger_seal_digests", stands(seal(root="'short'"))),
    Control(
        "ledger_auditentry",
        "ledger_auditentry_stamp",
        stands_if(
            "INSERT INTO ledger_auditentry (action, subject, actor, at, recorded_at, request_id,"
            " reason, before, after, xact)"
            " VALUES ('lie', 's', 'user:1', now(), now(), '', '', '{}', '{}', '3')",
            "SELECT xact = '3' FROM ledger_auditentry WHERE action = 'lie'",
        ),
    ),
    Control(
        "ledger_approvaldecision",
        "ledger_approvaldecision_stamp",
        stands_if(
            decision(approver="'user:4'")
            .replace("reason, at)", "reason, at, xact)")
            .replace("'2026-03-05T04:00Z'", "'2026-03-05T04:00Z', '3'"),
            "SELECT xact = '3' FROM ledger_approvaldecision WHERE approver = 'user:4'",
        ),
    ),
    # The history of the configuration.
    Control(
        "ledger_configurationchange",
        "ledger_configurationchange_stamp",
        stands(HISTORY.format(operation="D")),
    ),
    Control(
        "ledger_configurationchange",
        "ledger_configurationchange_operation",
        stands(HISTORY.format(operation="X")),
        also=(("ledger_configurationchange", "ledger_configurationchange_stamp"),),
    ),
    *CONTROLS_OF_PEOPLE,
    *CONTROLS_OF_PERIODS,
]
"""Every law of the books that says more than that rows are written once."""
