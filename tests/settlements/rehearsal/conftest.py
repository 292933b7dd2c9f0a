"""Houses of their own for whole processes: what a rehearsal starts, commits for good."""

import itertools
from collections.abc import Callable, Iterator

import pytest
from django.db import connection

from tests.settlements.rehearsal.house import House, build_house, pull_down

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def make_house(django_db_setup: None) -> Iterator[Callable[[], House]]:
    """Return a function that makes a house; all of them go with the module."""
    made: list[House] = []

    def make() -> House:
        made.append(build_house(f"{connection.settings_dict['NAME']}_house{next(_numbers)}"))
        return made[-1]

    yield make
    for house in made:
        pull_down(house)


@pytest.fixture
def house(make_house: Callable[[], House]) -> House:
    """Give a house of the test's own."""
    return make_house()
