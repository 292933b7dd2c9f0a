"""Payers of before 0005, whom everybody named by one number, go to who named them."""

from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from pytest_django import DjangoDbBlocker

from tests.architecture.migrations import scratch_database
from tests.instants import NEXT_NOON, NOON

BEFORE = [("payments", "0004_pages_find_their_rows")]
AFTER = [("payments", "0005_refunds_and_sessions")]


def brought_to(targets: list[tuple[str, str]]) -> Any:
    """Migrate to these, and return the models of then."""
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


def paid_by(apps: Any, number: str, *merchants: Any) -> None:
    """Write a payer, and a payment of theirs that each of these created; None is the platform."""
    payer = apps.get_model("payments", "Payer").objects.create(external_no=number, created_at=NOON)
    for place, merchant in enumerate(merchants):
        apps.get_model("payments", "Payment").objects.create(
            merchant=merchant,
            merchant_order_no=f"{number}-{place}",
            payer=payer,
            amount_minor=100,
            unallocated_minor=100,
            currency="CNY",
            description="Goods",
            created_at=NOON if place == 0 else NEXT_NOON,
            expires_at=NEXT_NOON,
        )


def test_payers_go_to_who_named_them(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> None:
    with django_db_blocker.unblock(), scratch_database():
        # Given
        old = brought_to(BEFORE)
        plan = old.get_model("payments", "FeePlan").objects.create(
            name="plan", currency="CNY", fee_bps=200, created_at=NOON
        )
        tea, ink = (
            old.get_model("payments", "Merchant").objects.create(
                external_no=name, name=name, fee_plan=plan, created_at=NOON
            )
            for name in ("tea", "ink")
        )
        paid_by(old, "OURS", None)
        paid_by(old, "TEA", tea, tea)
        paid_by(old, "BOTH", tea, ink)
        paid_by(old, "MIXED", tea, None)
        paid_by(old, "NOBODY")
        kept = dict(old.get_model("payments", "Payer").objects.values_list("external_no", "pk"))

        # When
        new = brought_to(AFTER)

        # Then
        payers = new.get_model("payments", "Payer").objects
        assert sorted(payers.values_list("external_no", "merchant__name"), key=str) == [
            ("BOTH", "ink"),
            ("BOTH", "tea"),
            ("MIXED", "tea"),
            ("MIXED", None),
            ("NOBODY", None),
            ("OURS", None),
            ("TEA", "tea"),
        ]
        owners = {"OURS": None, "TEA": "tea", "BOTH": "tea", "MIXED": None, "NOBODY": None}
        for number, owner in owners.items():
            assert payers.get(pk=kept[number]).merchant_id == (tea.pk if owner else None)
        payments = new.get_model("payments", "Payment").objects.values_list(
            "merchant_order_no", "merchant__name", "payer__merchant__name", "payer__external_no"
        )
        assert sorted(payments, key=str) == [
            ("BOTH-0", "tea", "tea", "BOTH"),
            ("BOTH-1", "ink", "ink", "BOTH"),
            ("MIXED-0", "tea", "tea", "MIXED"),
            ("MIXED-1", None, None, "MIXED"),
            ("OURS-0", None, None, "OURS"),
            ("TEA-0", "tea", "tea", "TEA"),
            ("TEA-1", "tea", "tea", "TEA"),
        ]
