"""The people of a rehearsal: staff with their roles, and the merchants' own."""

import secrets
from dataclasses import dataclass, field

from django.contrib.auth.models import Group, User

from ledger.actions.approvals import Decider
from ledger.admin.second_factor import NOT_ASKED


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in; `password` is empty where they could before."""

    user: User
    password: str = field(repr=False)

    @property
    def actor(self) -> str:
        """Return how the audit trail names them."""
        return f"user:{self.user.pk}"

    @property
    def decider(self) -> Decider:
        """Return them as one who decides; nobody asks for a second factor in a rehearsal."""
        return Decider(actor=self.actor, client_ip="127.0.0.1", second_factor=NOT_ASKED)


def take_on(username: str, *, name: str, role: str = "", is_superuser: bool = False) -> Person:
    """Return the person called `username`, made with a fresh password if there is none.

    `role` is a staff group (`finance_maker` …); without one it is no member of staff.
    """
    user, is_new = User.objects.get_or_create(
        username=username,
        defaults={
            "first_name": name,
            "email": f"{username}@demo.example",
            "is_staff": bool(role) or is_superuser,
            "is_superuser": is_superuser,
        },
    )
    password = ""
    if is_new:
        password = give_new_password(user)
        if role:
            user.groups.add(Group.objects.get(name=role))
    return Person(user=user, password=password)


def give_new_password(user: User) -> str:
    """Give somebody a password that nobody has guessed, and return it."""
    password = secrets.token_urlsafe(12)
    user.set_password(password)
    user.save(update_fields=["password"])
    return password
