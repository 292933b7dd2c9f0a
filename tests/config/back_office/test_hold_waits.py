# ruff: noqa: F811  fixtures are imported
"""Home: what a channel refused to give back waits for those who may order it, and is listed."""

import pytest

from tests.payments.admin.test_hold_pages import press
from tests.payments.admin.test_refused_holds import spare, wanted  # noqa: F401
from tests.payments.admin.truth_desk import an_hour_later, channel  # noqa: F401
from tests.payments.holding import authorised
from tests.rig.rows import nothing_written
from tests.rig.staff import desk
from tests.rig.stage import run_jobs

pytestmark = pytest.mark.django_db(transaction=True)

WHAT = "holds that could not be given back"


def waiting(client) -> dict[str, object]:
    """Return each thing that waits, by what it is called."""
    return {thing.what: thing for thing in client.get("/admin/").context["waiting"]}


@pytest.mark.parametrize("kind", ["wanted", "spare"])
def test_what_was_refused_waits_until_it_is_given_back(request, channel, kind):
    # Given
    hold = request.getfixturevalue(kind)
    authorised(channel)
    seen = desk("finance_maker")

    # When
    with nothing_written():
        thing = waiting(seen)[WHAT]
        listed = seen.get(thing.url)

    # Then
    assert (thing.count, thing.tone) == (1, "alarm")
    assert [each.pk for each in listed.context["cl"].result_list] == [hold.pk]

    # When it is on its way back
    press(seen, "void", hold, of="authorisation", reason="Once more.")
    assert waiting(seen)[WHAT].count == 0
    run_jobs()

    # Then
    assert waiting(seen)[WHAT].count == 0
    assert list(seen.get(thing.url).context["cl"].result_list) == []


def test_who_cannot_order_it_back_is_not_called(wanted):
    assert WHAT not in waiting(desk("support"))
