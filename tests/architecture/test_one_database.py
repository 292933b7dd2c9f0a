"""F12: every decision is taken on one database, the primary; nothing reads another one."""

import ast

import pytest
from django.conf import settings

from tests.architecture.sources import APPS, Source, house

SIMULATOR = "payments/simulator/"


def choices_of(source: Source) -> list[str]:
    """Find where a database is chosen by its name."""
    found = []
    for node in ast.walk(source.tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="using")):
                found.append(f"{source.at(node)}: using()")
            case ast.keyword(arg="using"):
                found.append(f"{source.at(node.value)}: using=")
            case ast.Subscript(value=ast.Name(id="connections")):
                found.append(f"{source.at(node)}: connections[]")
    return found


def test_f12_nothing_about_money_chooses_a_database() -> None:
    sources = [source for source in house() if source.app in APPS]
    sources = [source for source in sources if not source.path.startswith(SIMULATOR)]
    assert [found for source in sources for found in choices_of(source)] == []


def test_f12_there_is_one_and_no_router_to_another() -> None:
    assert set(settings.DATABASES) == {"default"}
    assert settings.DATABASE_ROUTERS == []


@pytest.mark.parametrize(
    "text",
    [
        "Payment.objects.using('replica').get()",
        "transaction.atomic(using='replica')",
        "connections['replica'].cursor()",
    ],
)
def test_a_choice_is_seen(text: str) -> None:
    assert len(choices_of(Source("payments/queries/replica.py", text))) == 1
