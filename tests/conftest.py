"""Fixtures of the whole suite; the rig behind them is in `tests/rig`."""

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import TransactionTestCase
from django.test.utils import setup_databases, teardown_databases
from pytest_django import DjangoDbBlocker

from tests.rig import browser, database
from tests.rig.attacks import either_role  # noqa: F401
from tests.rig.scratch import copy_database, drop_copy, scratch  # noqa: F401
from tests.rig.stage import (  # noqa: F401  fixtures of the whole suite
    _run_jobs,
    asks_before_resending,
    marketplace,
    simulator,
    simulator_folder,
    simulator_process,
)

# Playwright's loop runs in the thread of the test, and Django mistakes that for async code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

_tests = itertools.count(1)


def _flush(_test_case: TransactionTestCase) -> None:
    database.flush()


# Django's own flush meets the guards against TRUNCATE, and does not know procrastinate's tables.
TransactionTestCase._fixture_teardown = _flush


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
    django_db_keepdb: bool,
    django_db_createdb: bool,
    django_db_modify_db_settings: None,
) -> Iterator[None]:
    """Make and migrate the test database as the owner, and leave it to the application role."""
    verbosity = request.config.option.verbose
    with django_db_blocker.unblock(), database.as_owner():
        made = setup_databases(
            verbosity=verbosity,
            interactive=False,
            keepdb=django_db_keepdb and not django_db_createdb,
            serialized_aliases=[],
        )
        copy_database()
    with django_db_blocker.unblock():
        database.seeds()
        database.flush() if django_db_keepdb else _refuse_unknown_seeds()
    yield
    with django_db_blocker.unblock():
        connection.close()
        database.close_owner_connection()
        with database.as_owner():
            drop_copy()
        if not django_db_keepdb:
            with database.as_owner():
                teardown_databases(made, verbosity=verbosity)


def _refuse_unknown_seeds() -> None:
    seeded = set(database.tables_with_rows()) - database.KEPT_TABLES.keys()
    if seeded:
        pytest.exit(
            f"Migrations seed {sorted(seeded)}, which the flush would empty after the first"
            " transactional test: add them to KEPT_TABLES in tests/rig/database.py with the"
            " reason."
        )


@pytest.fixture(autouse=True)
def _heads_of_its_own(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give each test a file of published heads of its own; it is made when something is sealed."""
    folder = tmp_path_factory.getbasetemp() / "seals" / str(next(_tests))
    settings.SEAL_HEADS_FILE = str(folder / "heads.jsonl")


@pytest.fixture
def laws_now(db: None) -> Callable[[], None]:
    """Return a function that tries the deferred laws of the database at once.

    Inside a test's transaction nothing is ever committed, so they would speak at teardown only.
    """

    def check() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")

    return check


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of knowledge beside the checkout: vectors, schemas, real orders.

    TIANPING_SHARED names another place.
    """
    beside = Path(django_settings.BASE_DIR).parent / "shared"
    path = Path(os.environ.get("TIANPING_SHARED", beside))
    if not path.is_dir():
        browser.missing("The folder ../shared is missing; TIANPING_SHARED may name it.")
    return path


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start Debian's chromium instead of a downloaded one."""
    return {
        **browser_type_launch_args,
        "executable_path": browser.chromium_path(),
        "args": browser.CHROMIUM_ARGUMENTS,
    }
