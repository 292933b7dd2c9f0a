from datetime import timedelta

import pytest
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from config.api.pagination import CursorPage
from payments.models import Payer
from tests.instants import NOON

pytestmark = pytest.mark.django_db


class Everyone:
    keyset = ("created_at", "id")


class ByNumber:
    keyset = ("external_no",)


def payers(*seconds: int) -> list[str]:
    """Make payers so many seconds after NOON; return their ids, newest first."""
    for place, second in enumerate(seconds):
        Payer.objects.create(
            external_no=f"P{place}", created_at=NOON + timedelta(seconds=second, microseconds=7)
        )
    return list(Payer.objects.order_by("-created_at", "-id").values_list("pk", flat=True))


def page_of(*, path="/v1/payers", view=Everyone, **query):
    page = CursorPage()
    request = Request(APIRequestFactory().get(path, query))
    rows = page.paginate_queryset(Payer.objects.all(), request, view())
    return [row.pk for row in rows], page.get_paginated_response([]).data


def test_walks_from_the_newest_to_the_oldest_without_doubling_a_row():
    # Given three of the same microsecond among others
    ids = payers(1, 2, 2, 2, 3, 4, 5)

    # When
    found, cursor = [], None
    for _ in range(4):
        rows, answer = page_of(limit="2", **({"cursor": cursor} if cursor else {}))
        found += rows
        cursor = answer["next_cursor"]

    # Then
    assert found == ids
    assert (answer["has_more"], cursor) == (False, None)


def test_rows_that_arrive_meanwhile_shift_nothing():
    # Given
    ids = payers(1, 2, 3)
    first, answer = page_of(limit="2")
    Payer.objects.create(external_no="late", created_at=NOON + timedelta(hours=1))

    # When
    second, _answer = page_of(limit="2", cursor=answer["next_cursor"])

    # Then
    assert first + second == ids


def test_walks_by_a_single_field():
    # Given
    payers(1, 2, 3)

    # When
    _rows, answer = page_of(view=ByNumber, limit="2")
    rows, _answer = page_of(view=ByNumber, limit="2", cursor=answer["next_cursor"])

    # Then
    assert rows == [Payer.objects.get(external_no="P0").pk]


def test_an_empty_list_is_a_page():
    assert page_of() == ([], {"object": "list", "data": [], "has_more": False, "next_cursor": None})


@pytest.mark.parametrize("limit", ["0", "101", "1000000000", "-1", "1.0", "１", "x", "", "+5"])
def test_refuses_a_limit_that_is_no_number_from_1_to_100(limit):
    with pytest.raises(ValidationError) as refused:
        page_of(limit=limit)

    assert refused.value.get_codes() == {"limit": ["invalid_limit"]}


@pytest.mark.parametrize("limit", ["1", "100"])
def test_takes_the_bounds(limit):
    assert page_of(limit=limit)[0] == []


def test_refuses_a_cursor_that_was_changed_or_is_of_another_list():
    # Given
    payers(1, 2, 3)
    cursor = page_of(limit="1")[1]["next_cursor"]
    other = "B" if cursor[0] == "A" else "A"

    # When / Then
    for broken in (other + cursor[1:], cursor[:-1], "", "x" * 501, "WyIiXQ:1:2", "é"):
        with pytest.raises(ValidationError) as refused:
            page_of(limit="1", cursor=broken)
        assert refused.value.get_codes() == {"cursor": ["invalid_cursor"]}
    with pytest.raises(ValidationError):
        page_of(path="/v1/others", limit="1", cursor=cursor)
