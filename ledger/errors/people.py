"""Say what can be refused about roles of the staff."""

from django.utils.translation import gettext_lazy as _

from ledger.errors.root import DomainError


class RolesError(DomainError):
    """What was asked about a person's roles cannot be done.

    Nothing was written. Subclasses say why.
    """

    code = "roles_refused"
    status = 409
    detail = _("The roles were not changed.")


class UnknownPersonError(RolesError):
    """There is no such person.

    Nothing was written. Check who is meant.
    """

    code = "unknown_person"
    status = 404
    detail = _("There is no such person.")


class UnknownRoleError(RolesError):
    """A role is asked for that does not exist.

    Nothing was written. Correct the role and ask again.
    """

    code = "unknown_role"
    status = 422
    retry = "new_key"
    detail = _("There is no role %(role)s.")


class IncompatibleRolesError(RolesError):
    """Roles are asked for that one person never has together.

    Nothing was written. Give them to two people.
    """

    code = "incompatible_roles"
    status = 422
    retry = "new_key"
    detail = _("Nobody has the roles %(one)s and %(other)s together. Two people have them.")


class OutsiderRolesError(RolesError):
    """Roles are asked for of somebody who acts for a merchant.

    Nothing was written. Who asks for a merchant's money never agrees to it here under another name:
    somebody else has to have the roles.
    """

    code = "outsider_roles"
    detail = _("%(person)s acts for a merchant, and nobody does that and has a role here.")


class OwnRolesError(RolesError):
    """Somebody asked for, decided on, or ended their own rights.

    Nothing was written. Other people have to do it.
    """

    code = "own_roles"
    status = 403
    detail = _("Nobody asks for or decides on their own roles. Other people have to.")


class RolesUnchangedError(RolesError):
    """The roles that are asked for are those that the person has.

    Nothing was written. Nobody has to agree to what is so already.
    """

    code = "roles_unchanged"
    detail = _("%(person)s has exactly these roles already.")


class RolesNotAskedError(RolesError):
    """Nobody waits for a decision on this person's roles.

    Nothing was written. Somebody else may have decided: look at the person again.
    """

    code = "roles_not_asked"
    detail = _("Nobody has asked for other roles of %(person)s, or it was decided on.")


class RoleReasonMissingError(RolesError):
    """Roles were asked for, refused or ended without saying why.

    Nothing was written. Say why, and send it again.
    """

    code = "role_reason_missing"
    status = 422
    retry = "new_key"
    detail = _("Say why.")


class LastOfficersError(RolesError):
    """The request would leave fewer than two security officers, who alone give and take roles.

    Nothing was written. Make somebody else a security officer first.
    """

    code = "last_officers"
    detail = _("Two people must remain security officers. Make somebody else one first.")
