"""Attacks on periods that one law alone refuses. What is in order: Wednesday is closed."""

from datetime import date

from tests.rig.controls import Control, stands

WEDNESDAY = date(2026, 3, 4)

PERIOD = (
    "INSERT INTO ledger_period (id, kind, starts_on, ends_on, state, closed_by, closed_at, version)"
    " VALUES ('per_lie', {kind}, {starts}, {ends}, {state}, '', NULL, 0)"
)
EVENT = (
    "INSERT INTO ledger_periodevent"
    " (period_id, deed, version, actor, at, reason, totals, approval_id)"
    " SELECT p.id, {deed}, {version}, 'user:1', now(), 'x', '[]', {approval}"
    " FROM ledger_period p"
)
EXECUTED = (
    "INSERT INTO ledger_approvalrequest (id, kind, object_type, object_id, payload, digest, maker,"
    " required, state, version, created_at, expires_at)"
    " SELECT 'apr_lie', 'period_reopening', 'period', id,"
    " jsonb_build_object('periods', jsonb_build_object(id, 1)), '', 'user:9', 1, 'executed', 1,"
    " now(), now() FROM ledger_period;"
)
AGREEMENT = (
    ("ledger_approvalrequest", "ledger_request_follows_tier"),
    ("ledger_approvalrequest", "ledger_request_start"),
    ("ledger_approvalrequest", "ledger_request_enough_approvals"),
)
TOLD = (("ledger_period", "ledger_period_told"),)
BALANCE = (
    "INSERT INTO ledger_dailybalance"
    " (account_id, effective_date, debits_minor, credits_minor, contained_seq)"
    " VALUES ({account}, '{day}', 1, 1, 1)"
)


def new_period(
    kind: str = "day", starts: str = "2026-03-05", ends: str = "2026-03-05", state: str = "open"
) -> str:
    """Write the statement of a period that nobody closed."""
    return PERIOD.format(
        kind=f"'{kind}'", starts=f"'{starts}'", ends=f"'{ends}'", state=f"'{state}'"
    )


CONTROLS_OF_PERIODS = [
    Control("ledger_period", "ledger_period_told", stands(new_period())),
    Control(
        "ledger_period",
        "ledger_period_once",
        stands(new_period(starts="2026-03-04", ends="2026-03-04")),
        also=TOLD,
    ),
    Control(
        "ledger_period", "ledger_period_span", stands(new_period(ends="2026-03-09")), also=TOLD
    ),
    Control(
        "ledger_period",
        "ledger_period_state",
        stands("UPDATE ledger_period SET state = 'ajar'"),
        also=(*TOLD, ("ledger_period", "ledger_period_moves")),
    ),
    Control(
        "ledger_period",
        "ledger_period_closed_by",
        stands("UPDATE ledger_period SET closed_by = ''"),
        also=TOLD,
    ),
    Control(
        "ledger_period",
        "ledger_period_start",
        stands(new_period(state="closed").replace("'', NULL", "'user:1', now()")),
        also=TOLD,
    ),
    Control(
        "ledger_period",
        "ledger_period_moves",
        stands("UPDATE ledger_period SET state = 'ajar'"),
        also=(*TOLD, ("ledger_period", "ledger_period_state")),
    ),
    Control(
        "ledger_period",
        "ledger_period_keeps",
        stands("UPDATE ledger_period SET starts_on = '2026-03-03', ends_on = '2026-03-03'"),
        also=TOLD,
    ),
    Control(
        "ledger_periodevent",
        "ledger_periodevent_version",
        stands(EVENT.format(deed="'closed'", version=1, approval="NULL")),
    ),
    Control(
        "ledger_periodevent",
        "ledger_periodevent_approval",
        stands(EVENT.format(deed="'ajar'", version=2, approval="NULL")),
    ),
    Control(
        "ledger_periodevent",
        "ledger_periodevent_agreed",
        stands(
            EVENT.format(
                deed="'reopened'",
                version=2,
                approval="(SELECT min(id) FROM ledger_approvalrequest)",
            )
        ),
    ),
    Control(
        "ledger_periodevent",
        "ledger_periodevent_agreed_once",
        stands(
            EXECUTED
            + EVENT.format(deed="'reopened'", version=2, approval="'apr_lie'")
            + ", generate_series(1, 2) n".replace("n", "n", 1)
        ),
        also=(*AGREEMENT, ("ledger_periodevent", "ledger_periodevent_version")),
    ),
    Control(
        "ledger_closedthrough",
        "ledger_closedthrough_told",
        stands("UPDATE ledger_closedthrough SET day = '2026-03-03'"),
    ),
    Control(
        "ledger_closedthrough",
        "ledger_closedthrough_one",
        stands("INSERT INTO ledger_closedthrough (id, day) VALUES (2, '2026-03-04')"),
        also=(("ledger_closedthrough", "ledger_closedthrough_told"),),
    ),
    Control(
        "ledger_dailybalance",
        "ledger_dailybalance_closed",
        stands("DELETE FROM ledger_dailybalance"),
    ),
    Control(
        "ledger_dailybalance",
        "ledger_dailybalance_account_fk",
        stands(BALANCE.format(account=0, day="2026-03-09")),
    ),
]
