"""The pages of the block list and of bound networks: buttons, refusals, rights."""

import pytest
from django.contrib.auth.models import Permission

from ledger.encryption import blind_index
from ledger.models import AuditEntry
from payments.models import Payer
from risk.models import BlockListEntry, BoundNetwork
from tests.factories.payments import MerchantFactory
from tests.factories.settlements import destination_of
from tests.instants import NOON
from tests.rig.pages import words
from tests.rig.staff import person, signed_in

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/admin/risk/blocklistentry/"
NETWORKS = "/admin/risk/boundnetwork/"
RIGHTS = {
    "change_block_list",
    "view_blocklistentry",
    "bind_network",
    "view_boundnetwork",
    "view_destination",
}


def officer(*codenames):
    user = person()
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return signed_in(user)


@pytest.fixture(autouse=True)
def without_second_factor(settings):
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def desk():
    return officer(*RIGHTS)


class TestBlockList:
    def test_an_empty_list_says_what_it_is_for(self, desk):
        assert "Nobody is blocked." in words(desk.get(LIST))

    def test_an_address_is_blocked_and_freed_again(self, desk):
        # When
        blocked = desk.post(
            f"{LIST}block-address/", {"network": "203.0.113.0/24", "reason": "bots"}, follow=True
        )

        # Then
        entry = BlockListEntry.objects.get()
        assert (entry.value, entry.reason, entry.ended_at) == ("203.0.113.0/24", "bots", None)
        assert "203.0.113.0/24 is blocked." in words(blocked)

        # When
        freed = desk.post(f"{LIST}{entry.pk}/unblock/", {"reason": "a mistake"}, follow=True)

        # Then
        entry.refresh_from_db()
        assert entry.ended_at is not None
        assert "203.0.113.0/24 is not blocked any more." in words(freed)
        assert (
            f"{LIST}{entry.pk}/unblock/"
            not in desk.get(f"{LIST}{entry.pk}/change/").content.decode()
        )

    def test_a_payer_is_blocked_by_id(self, desk):
        payer = Payer.objects.create(external_no="shopper-9", created_at=NOON)

        page = desk.post(
            f"{LIST}block-payer/", {"payer_id": payer.pk, "reason": "stolen"}, follow=True
        )

        assert BlockListEntry.objects.get().value == payer.pk
        assert "shopper-9 is blocked." in words(page)

    def test_an_account_is_blocked_on_the_page_of_its_destination(self, desk):
        # Given
        destination = destination_of(MerchantFactory())

        # When
        desk.post(f"/admin/settlements/destination/{destination.pk}/block/", {"reason": "a mule"})

        # Then
        entry = BlockListEntry.objects.get()
        assert (entry.kind, entry.value) == ("account", bytes(destination.account_index).hex())
        assert destination.account_tail in entry.label
        assert blind_index("0", purpose="destination.account").hex() != entry.value

    def test_a_refusal_is_explained_and_kept(self, desk):
        # When
        page = desk.post(f"{LIST}block-address/", {"network": "0.0.0.0/0", "reason": "all"})

        # Then
        assert "This is no address or network that can be used here: 0.0.0.0/0." in words(page)
        assert not BlockListEntry.objects.exists()
        kept = AuditEntry.objects.get()
        assert (kept.action, kept.reason) == (
            "block_list.block.refused",
            "network_invalid",
        )

    def test_who_may_only_look_may_not_block(self):
        client = officer("view_blocklistentry")

        assert "block-address" not in client.get(LIST).content.decode()
        answer = client.post(f"{LIST}block-address/", {"network": "203.0.113.7", "reason": "x"})
        assert answer.status_code == 403
        assert not BlockListEntry.objects.exists()


class TestNetworks:
    def test_a_payer_is_bound_and_released(self, desk):
        # Given
        payer = Payer.objects.create(external_no="shopper-9", created_at=NOON)

        # When
        page = desk.post(
            f"{NETWORKS}bind/",
            {
                "subject_kind": "payer",
                "subject_id": payer.pk,
                "network": "203.0.113.0/24",
                "reason": "the office",
            },
            follow=True,
        )

        # Then
        bound = BoundNetwork.objects.get()
        assert (bound.subject_id, bound.network) == (payer.pk, "203.0.113.0/24")
        assert f"203.0.113.0/24 is allowed for {payer.pk}." in words(page)

        # When
        desk.post(f"{NETWORKS}{bound.pk}/release/", {"reason": "moved"})

        # Then
        bound.refresh_from_db()
        assert bound.ended_at is not None

    def test_who_may_only_look_may_not_bind(self):
        client = officer("view_boundnetwork")

        answer = client.post(f"{NETWORKS}bind/", {"reason": "x"})

        assert answer.status_code == 403
        assert not BoundNetwork.objects.exists()
