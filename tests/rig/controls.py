"""Attacks that one law alone refuses, and the proof that they succeed where it is not."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import DatabaseError, transaction

from tests.rig.attacks import check_laws, run_sql
from tests.rig.scratch import drop_law

Lie = Callable[[], bool]


@dataclass(frozen=True)
class Control:
    """One law and the attack that it alone refuses; `also` are laws that would help it."""

    table: str
    law: str
    lie: Lie
    also: tuple[tuple[str, str], ...] = field(default=())

    def __str__(self) -> str:
        return self.law


def stands(statement: str, *arguments: object) -> Lie:
    """Make the lie of one statement; it stands when the database took it."""

    def lie() -> bool:
        run_sql(statement, *arguments)
        check_laws()
        return True

    return lie


def stands_if(statement: str, question: str) -> Lie:
    """Make the lie of one statement that may be overwritten; it stands when the answer is yes."""

    def lie() -> bool:
        run_sql(statement)
        return bool(run_sql(question)[0][0])

    return lie


def assert_the_law_alone_refuses(control: Control) -> None:
    """Tell the lie twice in a scratch database: in vain, and without the law with success."""
    # Given rows in order, and no other law that would refuse the same
    check_laws()
    for table, name in control.also:
        drop_law(table, name)

    # When, Then: with the law the lie is refused, or overwritten
    assert _refusal_of(control) in (control.law, control.table)

    # When, Then: without it, the lie stands
    drop_law(control.table, control.law)
    assert control.lie()


def _refusal_of(control: Control) -> str:
    """Tell a lie in vain; return the constraint or the table that the refusal names.

    A law that overwrites a lie instead names itself; one that let it stand names nothing.
    """
    try:
        with transaction.atomic():
            stands = control.lie()
            transaction.set_rollback(True)
    except DatabaseError as error:
        told = error.__cause__.diag
        return control.law if control.law == told.constraint_name else told.table_name or ""
    return "" if stands else control.law
