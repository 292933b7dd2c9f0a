"""Imports point down the line: config, settlements, risk, payments, ledger."""

from collections.abc import Iterator
from configparser import ConfigParser

import grimp
import pytest
from importlinter import cli
from importlinter.application.app_config import settings as linter

from tests.architecture.imports import (
    climbing_names,
    no_name_climbs,
    nobody_imports_config,
    rooms,
)
from tests.architecture.sources import APPS, ROOT, Source, house

CONTRACTS = str(ROOT / ".importlinter")

ROOMS_OUTSIDE_THE_FLOORS = {
    "apps": "Django's name for the app; imports nothing of ours",
    "migrations": "history; Django orders it by its own dependencies",
}
"""Rooms that the contract of the floors does not order, each with what it is."""


class PoisonedBuilder:
    """Builds the real graph with one import more."""

    def __init__(self, importer: str, imported: str) -> None:
        self.importer = importer
        self.imported = imported

    def build(
        self,
        root_package_names: list[str],
        cache_dir: str | None,
        include_external_packages: bool = False,
        exclude_type_checking_imports: bool = False,
    ) -> grimp.ImportGraph:
        graph = grimp.build_graph(
            *root_package_names,
            cache_dir=None,
            include_external_packages=include_external_packages,
            exclude_type_checking_imports=exclude_type_checking_imports,
        )
        assert {self.importer, self.imported} <= graph.modules, "the poison is not in the house"
        graph.add_import(importer=self.importer, imported=self.imported)
        return graph


@pytest.fixture
def linter_settings() -> Iterator[None]:
    kept = linter.GRAPH_BUILDER
    yield
    linter.configure(GRAPH_BUILDER=kept)


@pytest.fixture(autouse=True)
def logs_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the linter from silencing every logger of this process for the tests after it."""
    monkeypatch.setattr(cli, "_configure_logging", lambda verbose: None)


def test_every_contract_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.lint_imports(config_filename=CONTRACTS, no_cache=True)

    assert code == cli.EXIT_STATUS_SUCCESS, capsys.readouterr().out


@pytest.mark.parametrize(
    ("contract", "importer", "imported"),
    [
        ("apps", "ledger.money", "payments.models"),
        ("apps", "payments.postings", "settlements.models"),
        ("apps", "settlements.locks", "config.clock"),
        ("floors", "payments.models.payments", "payments.actions.payments"),
        ("floors", "payments.api.payments", "payments.portal.access"),
        ("floors", "ledger.actions.audit", "ledger.admin.base"),
        ("port", "payments.actions.payments", "risk.actions.screenings"),
        ("adapters", "payments.channels.alipay.adapter", "payments.channels.bank"),
        ("double", "payments.simulator.alipay.gateway", "payments.channels.alipay.signing"),
        ("crafts", "payments.pricing", "django"),
    ],
)
def test_each_contract_can_be_broken(
    contract: str,
    importer: str,
    imported: str,
    linter_settings: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    linter.configure(GRAPH_BUILDER=PoisonedBuilder(importer, imported))

    code = cli.lint_imports(
        config_filename=CONTRACTS, limit_to_contracts=(contract,), no_cache=True, is_debug_mode=True
    )

    assert code == cli.EXIT_STATUS_ERROR, capsys.readouterr().out


def test_no_room_is_unknown_to_the_floors() -> None:
    """A room that the contract does not name could import what it likes."""
    contracts = ConfigParser()
    contracts.read(CONTRACTS)
    layers = contracts["importlinter:contract:floors"]["layers"]
    ordered = {name.strip(" ()\n") for line in layers.splitlines() for name in _parts(line)}

    strangers = {
        f"{app}.{room}"
        for app, names in rooms(house()).items()
        for room in names - ordered - ROOMS_OUTSIDE_THE_FLOORS.keys()
    }

    assert strangers == set()


def _parts(line: str) -> list[str]:
    return line.replace("|", ":").split(":")


def test_a_room_is_a_module_or_a_package_of_an_app() -> None:
    sources = [
        Source("payments/shed.py", ""),
        Source("payments/barn/hay.py", ""),
        Source("payments/__init__.py", ""),
        Source("config/urls.py", ""),
    ]

    assert rooms(sources)["payments"] == {"shed", "barn"}


def test_nobody_imports_the_wiring() -> None:
    assert [found for source in house() for found in nobody_imports_config(source)] == []


@pytest.mark.parametrize("line", ["import config.clock", "from config import clock"])
def test_an_import_of_the_wiring_is_seen(line: str) -> None:
    assert list(nobody_imports_config(Source("payments/tasks.py", line)))
    assert list(nobody_imports_config(Source("config/health.py", line))) == []


def test_no_reverse_accessor_climbs() -> None:
    forbidden = climbing_names()

    assert [found for source in house() for found in no_name_climbs(source, forbidden)] == []


def test_the_names_that_upper_apps_hang_on_lower_ones_are_known() -> None:
    names = climbing_names()

    assert {"settlement_items", "destinations", "payment_files"} <= names["payments"]
    assert "merchantaccount" not in names["payments"]
    assert names["settlements"] == frozenset()
    assert set(names) == set(APPS)


@pytest.mark.parametrize(
    "line",
    [
        "line.settlement_items.exists()",
        "BalanceTransaction.objects.filter(settlement_items__released_at=None)",
        "lines.filter(Q(settlement_items=None))",
        "lines.prefetch_related('settlement_items')",
        "lines.order_by('-settlement_items__id')",
    ],
)
def test_a_name_that_climbs_is_seen(line: str) -> None:
    forbidden = {"payments": ["settlement_items"]}

    assert list(no_name_climbs(Source("payments/queries/lines.py", line), forbidden))
    assert list(no_name_climbs(Source("settlements/queries/lines.py", line), forbidden)) == []
    assert list(no_name_climbs(Source("payments/simulator/lines.py", line), forbidden)) == []
