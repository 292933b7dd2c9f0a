# ruff: noqa: F811  fixtures are imported
"""Home: what a channel contradicts waits for those who say what is true, and is found in a list."""

import pytest

from tests.payments.admin.truth_desk import an_hour_later, capture, channel, void  # noqa: F401
from tests.rig.rows import nothing_written
from tests.rig.staff import desk

pytestmark = pytest.mark.django_db(transaction=True)

WHAT = {"capture": "contradicted captures", "void": "contradicted voids"}


def waiting(client) -> dict[str, object]:
    """Return each thing that waits, by what it is called."""
    return {thing.what: thing for thing in client.get("/admin/").context["waiting"]}


@pytest.mark.parametrize("kind", WHAT)
@pytest.mark.parametrize("role", ["finance_maker", "finance_checker"])
def test_what_is_contradicted_waits_and_is_listed(request, kind, role):
    # Given
    row = request.getfixturevalue(kind)
    seen = desk(role)

    # When
    with nothing_written():
        things = waiting(seen)
        (other,) = set(WHAT) - {kind}
        listed = seen.get(things[WHAT[kind]].url)
        none = seen.get(things[WHAT[other]].url)

    # Then
    assert [things[WHAT[name]].count for name in (kind, other)] == [1, 0]
    assert things[WHAT[kind]].tone == "alarm"
    assert [each.pk for each in listed.context["cl"].result_list] == [row.pk]
    assert "contradicted" in listed.content.decode()
    assert list(none.context["cl"].result_list) == []


@pytest.mark.parametrize("kind", WHAT)
def test_the_list_is_narrowed_to_what_waits(request, kind):
    # Given
    request.getfixturevalue(kind)
    seen = desk("finance_maker")
    path = f"/admin/payments/{kind}/"

    # When
    listed = seen.get(path)
    ended = seen.get(path, {"status_code__exact": "contradiction_ended"})

    # Then
    assert "contradicted by its channel" in listed.content.decode()
    assert len(listed.context["cl"].result_list) == 1
    assert list(ended.context["cl"].result_list) == []


def test_who_does_not_say_what_is_true_is_not_called(capture):
    assert not set(WHAT.values()) & set(waiting(desk("support")))
