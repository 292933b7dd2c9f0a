"""One person has one name: who acts for a merchant is never staff, and the other way round."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from ledger.actions.approvals import Decider
from ledger.actions.roles import approve_roles, request_roles
from ledger.errors import OutsiderRolesError
from payments.actions.merchants import add_member
from payments.errors import StaffMemberError
from payments.models import MerchantMember
from tests.factories.payments import MemberFactory, MerchantFactory, UserFactory
from tests.instants import NEXT_NOON, NOON
from tests.ledger.actions.role_requests import actor, ask, officers, roles_of  # noqa: F401
from tests.rig.attacks import refused, run_sql
from tests.rig.controls import Control, assert_the_law_alone_refuses
from tests.rig.rows import nothing_written
from tests.rig.scratch import drop_law
from tests.rig.staff import person

MEMBERS, PEOPLE = "payments_merchantmember", "auth_user"
NOT_STAFF, NO_MEMBER = "payments_member_is_not_staff", "payments_staff_is_no_member"


@pytest.mark.django_db
class TestDoors:
    def test_staff_become_no_members(self):
        # Given
        checker, merchant = person("finance_checker"), MerchantFactory()

        # When, Then
        with nothing_written(), pytest.raises(StaffMemberError):
            add_member(merchant=merchant, user=checker, role="owner", actor="user:1", at=NOON)

    def test_members_are_given_no_role(self, officers):  # noqa: F811
        # Given
        member = MemberFactory()

        # When, Then
        with nothing_written(), pytest.raises(OutsiderRolesError):
            ask(member.user, "finance_checker", by=officers[0])

    def test_who_became_a_member_since_is_given_none(self, officers):  # noqa: F811
        # Given
        one, other = officers
        user = UserFactory()
        request = ask(user, "finance_checker", by=one)
        MemberFactory(user=user)

        # When, Then
        with nothing_written(), pytest.raises(OutsiderRolesError):
            approve_roles(
                user.pk,
                shown_digest=bytes(request.digest),
                decider=Decider(actor(other), second_factor="totp"),
                at=NEXT_NOON,
            )
        assert (roles_of(user), User.objects.get(pk=user.pk).is_staff) == ([], False)

    def test_a_member_who_was_locked_out_may_sign_in_again(self, officers):  # noqa: F811
        # Given
        one, other = officers
        user = MemberFactory().user
        User.objects.filter(pk=user.pk).update(is_active=False)
        request = request_roles(user.pk, [], actor=actor(one), at=NOON, reason="was a mistake")

        # When
        approve_roles(
            user.pk,
            shown_digest=bytes(request.digest),
            decider=Decider(actor(other), second_factor="totp"),
            at=NEXT_NOON,
        )

        # Then
        user.refresh_from_db()
        assert (user.is_active, user.is_staff) == (True, False)


class TestLaws:
    def test_the_database_refuses_both_ways(self, either_role):
        # Given
        member, clerk = MemberFactory(), person()

        # When, Then
        with refused("is staff, and so acts for no merchant"):
            MemberFactory(user=clerk)
        with refused("is staff, and so acts for no merchant"):
            MerchantMember.objects.filter(pk=member.pk).update(user=clerk)
        with refused("acts for a merchant, and so is not staff"):
            User.objects.filter(pk=member.user_id).update(is_staff=True)

    def test_the_law_of_members_alone_refuses_staff(self, scratch):
        # Given
        clerk, merchant = person(), MerchantFactory()

        def lie() -> bool:
            MemberFactory(merchant=merchant, user=clerk)
            return True

        # When, Then
        assert_the_law_alone_refuses(Control(MEMBERS, NOT_STAFF, lie))

    def test_the_law_of_people_alone_refuses_members(self, scratch):
        # Given
        member = MemberFactory()

        def lie() -> bool:
            run_sql("UPDATE auth_user SET is_staff = true WHERE id = %s", member.user_id)
            return True

        # When, Then
        assert_the_law_alone_refuses(Control(PEOPLE, NO_MEMBER, lie))

    def test_who_was_both_before_finds_no_merchant_in_the_portal(self, scratch, settings):
        # Given
        settings.STAFF_SECOND_FACTOR = False
        drop_law(MEMBERS, NOT_STAFF)
        client = Client()
        client.force_login(MemberFactory(user=person("finance_checker")).user)

        # When
        response = client.get(reverse("portal_home"))

        # Then
        assert response.status_code == 403
