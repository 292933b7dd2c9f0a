# ruff: noqa: S608  the lies are ours, and no stranger's text is in them
"""How each law of authorisations, captures and voids would be broken: one lie each, in SQL."""

from dataclasses import dataclass, field

from tests.payments.world_of_orders import World
from tests.rig.attacks import check_laws, run_sql

AUTHORISATION, CAPTURE, SHARE = (
    "payments_authorisation",
    "payments_capture",
    "payments_captureshare",
)
VOID, PAYMENT = "payments_void", "payments_payment"


@dataclass(frozen=True)
class Attack:
    """A lie about one law, in SQL with the names of the world; `also` are laws that would help.

    `is_denied` tells that the application role has no right to it at all. With `is_late` the law
    speaks at COMMIT.
    """

    table: str
    law: str
    statement: str
    also: tuple[str, ...] = field(default=())
    is_denied: bool = False
    is_late: bool = False

    def __str__(self) -> str:
        return self.law

    def tell(self, of: World) -> bool:
        run_sql_named(self.statement, of)
        if self.is_late:
            check_laws()
        return True


def run_sql_named(statement: str, of: World) -> None:
    run_sql(statement % {name: f"'{value}'" for name, value in of.ids.items()})


def copy_of(table: str, row: str, **changes: str) -> str:
    """Write a second row like one that is there, but for what changes (SQL expressions)."""
    told = ", ".join(f"'{name}', {value}" for name, value in changes.items())
    return (
        f"INSERT INTO {table} SELECT (jsonb_populate_record(t, jsonb_build_object({told}))).*"
        f" FROM {table} t WHERE t.id = %({row})s"
    )


def change_of(table: str, row: str, **changes: str) -> str:
    told = ", ".join(f"{name} = {value}" for name, value in changes.items())
    return f"UPDATE {table} SET {told} WHERE id = %({row})s"


def removal_of(table: str, row: str) -> str:
    return f"DELETE FROM {table} WHERE id = %({row})s"


NEW = {"id": "'x_lie'", "operation_id": "%(order)s"}
A_VOID = {**NEW, "authorisation_id": "%(open)s", "payment_id": "%(open_payment)s"}

ATTACKS_ON_HOLDS = (
    # 0014: nothing is taken that was not authorised, nothing given back that was taken
    Attack(
        AUTHORISATION,
        "payments_authorised_as_asked",
        copy_of(
            AUTHORISATION,
            "authorisation",
            id="'x_lie'",
            payment_id="%(plain_payment)s",
            attempt_id="%(plain)s",
        ),
    ),
    Attack(
        AUTHORISATION,
        "payments_authorisation_one_wanted",
        copy_of(AUTHORISATION, "authorisation", id="'x_lie'", attempt_id="%(plain)s"),
        also=("payments_authorised_as_asked",),
    ),
    Attack(
        AUTHORISATION,
        "payments_authorisation_positive",
        copy_of(
            AUTHORISATION,
            "authorisation",
            id="'x_lie'",
            attempt_id="%(plain)s",
            is_spare="true",
            amount_minor="0",
        ),
        also=("payments_authorised_as_asked",),
    ),
    Attack(
        AUTHORISATION,
        "payments_authorisation_keeps",
        change_of(AUTHORISATION, "authorisation", expires_at="expires_at + interval '1 day'"),
    ),
    Attack(
        AUTHORISATION,
        "payments_authorisation_stays",
        removal_of(AUTHORISATION, "authorisation"),
        is_denied=True,
    ),
    Attack(
        PAYMENT,
        "payments_payment_as_captured",
        change_of(PAYMENT, "tried_payment", status="'authorized'"),
    ),
    Attack(
        CAPTURE,
        "payments_capture_of_what_is_held",
        copy_of(CAPTURE, "capture", **NEW, amount_minor="9000", status="'submitting'"),
    ),
    Attack(
        CAPTURE,
        "payments_capture_start",
        copy_of(CAPTURE, "capture", **NEW, amount_minor="100", status="'succeeded'"),
    ),
    Attack(
        CAPTURE,
        "payments_capture_adds_up",
        copy_of(CAPTURE, "capture", **NEW, amount_minor="100", status="'submitting'"),
        is_late=True,
    ),
    Attack(
        CAPTURE,
        "payments_capture_amounts",
        copy_of(CAPTURE, "capture", **NEW, amount_minor="0", status="'submitting'"),
    ),
    Attack(
        CAPTURE,
        "payments_capture_moves",
        change_of(CAPTURE, "capture", status="'submitting'"),
    ),
    Attack(CAPTURE, "payments_capture_keeps", change_of(CAPTURE, "capture", is_final="true")),
    Attack(CAPTURE, "payments_capture_stays", removal_of(CAPTURE, "capture"), is_denied=True),
    Attack(
        SHARE,
        "payments_capture_of_what_was_allocated",
        copy_of(SHARE, "share", id="'x_lie'", allocation_id="%(given_allocation)s"),
    ),
    Attack(
        SHARE,
        "payments_capture_share_once",
        copy_of(SHARE, "share", id="'x_lie'", amount_minor="100", fee_minor="0"),
    ),
    Attack(
        SHARE,
        "payments_captureshare_once",
        change_of(SHARE, "share", fee_minor="fee_minor + 1"),
        is_denied=True,
    ),
    Attack(
        VOID,
        "payments_void_of_what_is_left",
        copy_of(VOID, "void", **A_VOID, amount_minor="1", status="'submitting'"),
    ),
    Attack(
        VOID,
        "payments_void_start",
        copy_of(VOID, "void", **A_VOID, status="'succeeded'"),
    ),
    Attack(
        VOID,
        "payments_void_one_alive",
        copy_of(VOID, "void", **NEW, status="'submitting'"),
    ),
    Attack(VOID, "payments_void_moves", change_of(VOID, "void", status="'submitting'")),
    Attack(VOID, "payments_void_keeps", change_of(VOID, "void", code="'other'")),
    Attack(VOID, "payments_void_stays", removal_of(VOID, "void"), is_denied=True),
)
