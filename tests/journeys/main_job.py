"""What the journeys of the main job share: its people, and the bank."""

import pytest

from ledger import jobs
from settlements.models import Settlement
from tests.instants import FRIDAY, NEXT_NOON, NOON
from tests.rig.staff import desk
from tests.rig.stage import run_jobs

PAID_AT = NOON.replace(minute=5)


SETTLEMENTS = "/admin/settlements/settlement/"


@pytest.fixture
def lin():
    """Sit at the maker's desk."""
    return desk("finance_maker")


def drafted(story, maker):
    """Let the next business day come: money matures, and the maker runs settlement."""
    story.move_to(NEXT_NOON)
    jobs.defer("payments.mature", at=NEXT_NOON)
    run_jobs()
    run = {"currency": "CNY", "business_date": FRIDAY.isoformat()}
    maker.post("/admin/settlements/settlementbatch/run/", run)
    names = {merchant.id: name for name, merchant in story.merchants.items()}
    return {names[draft.merchant_id]: draft for draft in Settlement.objects.all()}


def approve(client, settlement):
    """Open the page that asks for approval, and send back what it shows."""
    address = f"{SETTLEMENTS}{settlement.pk}/approve/"
    return client.post(address, dict(client.get(address).context["hidden"]), follow=True)
