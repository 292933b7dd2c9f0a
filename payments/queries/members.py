"""Who acts for merchants in the portal."""

from payments.models import MerchantMember


def is_member(user_id: int) -> bool:
    """Tell whether a person acts for some merchant."""
    return MerchantMember.objects.filter(user_id=user_id).exists()
