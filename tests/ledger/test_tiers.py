"""Amounts and heads of requests: what PostgreSQL refuses to who would slip under a tier."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User

from ledger.models import ApprovalDecision, ApprovalRequest, ApprovalTier
from tests.factories.approvals import AGREES, ASKS, agreed, request_of, word_on
from tests.instants import NOON
from tests.rig.attacks import every_way, refused, run_sql
from tests.rig.staff import person

MILLION_MINOR = 100_000_000


def asked(amount_minor: int | None, **other: object) -> ApprovalRequest:
    money = {} if amount_minor is None else {"amount_minor": amount_minor, "currency": "CNY"}
    return request_of("refund", "ref_1", {"net": 1}, **{**money, **other})


class TestTier:
    """A request asks as many people as its amount needs."""

    @pytest.mark.parametrize(
        ("amount_minor", "required", "needs_head"),
        [
            (MILLION_MINOR // 10 + 1, 1, False),
            (MILLION_MINOR, 1, False),
            (MILLION_MINOR + 1, 1, True),
            (MILLION_MINOR + 1, 2, False),
            (MILLION_MINOR + 1, 5, False),
        ],
    )
    @every_way
    def test_refuses_fewer(self, either_role, write, amount_minor, required, needs_head):
        # When, Then
        with refused("asks fewer people than its tier: 2"):
            write([asked(amount_minor, required=required, needs_head=needs_head)])
        assert not ApprovalRequest.objects.exists()

    @pytest.mark.parametrize(
        ("amount_minor", "required", "needs_head"),
        [
            (MILLION_MINOR // 10, 1, False),
            (MILLION_MINOR, 2, False),
            (MILLION_MINOR + 1, 2, True),
            (MILLION_MINOR + 1, 3, True),
        ],
    )
    @every_way
    def test_accepts_as_many(self, either_role, write, amount_minor, required, needs_head):
        # When
        write([asked(amount_minor, required=required, needs_head=needs_head)])

        # Then
        assert ApprovalRequest.objects.get().required == required

    @every_way
    def test_refuses_one_person_in_a_currency_that_has_no_tier(self, either_role, write):
        with refused("asks fewer people than its tier: 2"):
            write([asked(1, currency="JPY", required=1)])

    @pytest.mark.parametrize(
        "lie",
        [
            {},
            {"amount_minor": 1, "currency": "CNY"},
            {"amount_minor": 5_000, "currency": "BRL"},
        ],
    )
    @every_way
    def test_refuses_another_amount_than_people_are_shown(self, either_role, write, lie):
        # Given what people see
        payload = {"amount_minor": 5_000, "currency": "CNY"}

        # When, Then
        with refused("names another amount than its payload"):
            write([request_of("refund", "ref_1", payload, **lie)])
        assert not ApprovalRequest.objects.exists()

    @pytest.mark.parametrize("column", ["amount_minor", "currency", "required", "needs_head"])
    def test_its_facts_never_change(self, either_role, column):
        # Given
        asked(MILLION_MINOR + 1, required=2, needs_head=True).save()
        lies = {"amount_minor": "1", "currency": "'USD'", "required": "1", "needs_head": "false"}

        # When, Then
        with refused(f"column {column} of ledger_approvalrequest never changes"):
            run_sql(f"UPDATE ledger_approvalrequest SET {column} = {lies[column]}")  # noqa: S608


class TestHead:
    """A finance head is who was made one; nobody says it of themselves."""

    @pytest.fixture
    def request_(self, either_role):
        made = asked(MILLION_MINOR + 1, required=2, needs_head=True)
        made.save()
        return made

    @pytest.mark.parametrize("role", ["", "finance_checker", "security_admin"])
    @every_way
    def test_refuses_who_was_not_made_one(self, request_, write, role):
        # Given
        user = person(role)

        # When, Then
        with refused(f"user:{user.pk} is no finance head"):
            write([word_on(request_, approver=f"user:{user.pk}", as_head=True)])
        assert not ApprovalDecision.objects.exists()

    @pytest.mark.parametrize("approver", ["user:0", "key:ak_1", "task:ledger", "user:", "user:x"])
    @every_way
    def test_refuses_who_is_no_person(self, request_, write, approver):
        with refused("is no finance head"):
            write([word_on(request_, approver=approver, as_head=True)])

    @every_way
    def test_refuses_a_superuser(self, request_, write):
        user = person(is_superuser=True)
        with refused("is no finance head"):
            write([word_on(request_, approver=f"user:{user.pk}", as_head=True)])

    @every_way
    def test_refuses_a_head_who_was_locked_out(self, request_, write):
        user = person("finance_head")
        User.objects.filter(pk=user.pk).update(is_active=False)
        with refused("is no finance head"):
            write([word_on(request_, approver=f"user:{user.pk}", as_head=True)])

    @every_way
    def test_accepts_a_head_by_role(self, request_, write):
        # Given
        user = person("finance_head")

        # When
        write([word_on(request_, approver=f"user:{user.pk}", as_head=True)])

        # Then
        assert ApprovalDecision.objects.get().as_head

    @every_way
    def test_accepts_a_head_by_a_right_of_their_own(self, request_, write):
        # Given
        user = person()
        user.user_permissions.add(Permission.objects.get(codename="decide_as_head"))

        # When
        write([word_on(request_, approver=f"user:{user.pk}", as_head=True)])

        # Then
        assert ApprovalDecision.objects.get().as_head

    def test_two_people_without_a_head_are_not_enough(self, request_):
        # Given
        for approver in (AGREES, "user:900003"):
            word_on(request_, approver=approver).save()

        # When, Then
        with refused("has not been approved by a finance head"):
            run_sql("UPDATE ledger_approvalrequest SET state = 'approved', decided_at = %s", NOON)

    def test_a_head_alone_is_not_enough(self, request_):
        # Given
        head = person("finance_head")
        word_on(request_, approver=f"user:{head.pk}", as_head=True).save()

        # When, Then
        with refused("has not been approved by 2 people"):
            run_sql("UPDATE ledger_approvalrequest SET state = 'approved', decided_at = %s", NOON)


class TestTime:
    """Nothing is approved or executed when its time has run out."""

    @pytest.mark.parametrize("late", [timedelta(days=7), timedelta(days=8)])
    def test_refuses_an_approval_that_comes_late(self, either_role, late):
        # Given
        request = asked(1)
        request.save()
        word_on(request).save()

        # When, Then
        with refused("has expired"):
            run_sql(
                "UPDATE ledger_approvalrequest SET state = 'approved', decided_at = %s",
                NOON + late,
            )

    @pytest.mark.parametrize("decided_at", [NOON + timedelta(days=7), None])
    def test_refuses_a_deed_that_comes_late(self, either_role, decided_at):
        # Given
        request = asked(1)
        request.save()
        agreed(request)

        # When, Then
        with refused("has expired"):
            run_sql(
                "UPDATE ledger_approvalrequest SET state = 'executed', decided_at = %s", decided_at
            )


class TestTierItself:
    """A tier is what people agreed to, a finance head among them, word for word."""

    TIER = {"kind": "", "currency": "CNY", "above_minor": 0, "required": 1, "needs_head": False}

    def tier(self, **other: object) -> ApprovalTier:
        return ApprovalTier(**{**self.TIER, "created_at": NOON, "created_by": ASKS, **other})

    @pytest.fixture
    def approval(self, either_role) -> ApprovalRequest:
        """Return an approved request about TIER."""
        request = request_of("approval_tier", "*/CNY/0", self.TIER, needs_head=True)
        request.save()
        head = person("finance_head")
        word_on(request, approver=f"user:{head.pk}", as_head=True).save()
        ApprovalRequest.objects.filter(pk=request.pk).update(state="approved", decided_at=NOON)
        return request

    @every_way
    def test_refuses_one_that_nobody_agreed_to(self, either_role, write):
        with refused("has no approval by other people"):
            write([self.tier()])

    @pytest.mark.parametrize(
        "lie",
        [
            {"kind": "refund"},
            {"currency": "USD"},
            {"above_minor": 1},
            {"required": 2},
            {"needs_head": True},
            {"created_by": AGREES},
        ],
        ids=str,
    )
    @every_way
    def test_refuses_another_than_was_agreed_to(self, approval, write, lie):
        with refused("has no approval by other people"):
            write([self.tier(approval=approval, **lie)])

    @every_way
    def test_accepts_exactly_it(self, approval, write):
        # When
        write([self.tier(approval=approval)])

        # Then
        assert ApprovalTier.objects.filter(approval=approval).count() == 1

    @every_way
    def test_refuses_it_a_second_time(self, approval, write):
        # Given
        self.tier(approval=approval).save()
        ApprovalRequest.objects.filter(pk=approval.pk).update(state="executed", decided_at=NOON)

        # When, Then
        with refused("has no approval by other people"):
            write([self.tier(approval=approval)])
