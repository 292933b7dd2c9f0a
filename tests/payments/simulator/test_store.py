"""The simulator's memory: whole or not at all, and a log that nobody changes."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from payments.simulator.store import Store


class OnPurposeError(Exception):
    """Raised by these tests inside a transaction."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "simulator.sqlite3")
    yield store
    store.close()


def kinds(store: Store) -> list[object]:
    return [effect["kind"] for effect in store.effects_after(0)]


class TestTransaction:
    def test_leaves_nothing_when_it_fails(self, store: Store) -> None:
        # Given
        def write_and_fail() -> None:
            with store.transaction():
                store.keep_setting("clock", value="1")
                store.record_effect("paid", at_ms=0)
                raise OnPurposeError

        # When
        with pytest.raises(OnPurposeError):
            write_and_fail()

        # Then
        assert store.setting("clock") is None
        assert kinds(store) == []

    def test_one_inside_another_counts_with_the_outer_one(self, store: Store) -> None:
        # Given
        def write_inside_and_fail() -> None:
            with store.transaction():
                with store.transaction():
                    store.record_effect("inner", at_ms=0)
                raise OnPurposeError

        # When
        with pytest.raises(OnPurposeError):
            write_inside_and_fail()

        # Then
        assert kinds(store) == []

    def test_the_outer_one_may_go_on_after_an_inner_failure(self, store: Store) -> None:
        # When
        with store.transaction():
            store.record_effect("before", at_ms=0)
            with pytest.raises(OnPurposeError), store.transaction():
                raise OnPurposeError
            store.record_effect("after", at_ms=0)

        # Then
        assert kinds(store) == ["before", "after"]


class TestEffects:
    @pytest.mark.parametrize("sql", ["UPDATE effects SET kind = 'x'", "DELETE FROM effects"])
    def test_are_never_changed(self, store: Store, sql: str) -> None:
        # Given
        store.record_effect("paid", at_ms=0)

        # When
        with (
            pytest.raises(sqlite3.IntegrityError, match="append-only"),
            store.transaction() as connection,
        ):
            connection.execute(sql)

        # Then
        assert kinds(store) == ["paid"]

    def test_are_read_a_thousand_at_once(self, store: Store) -> None:
        # Given
        with store.transaction():
            for _ in range(1_001):
                store.record_effect("paid", at_ms=0)

        # Then
        assert len(store.effects_after(0)) == 1_000
        assert [effect["id"] for effect in store.effects_after(1_000)] == [1_001]
