"""What the theme is told, as data; whatever depends on a request is named and called by it."""

from typing import Any

from django.utils.translation import gettext_lazy as _

THEME: dict[str, Any] = {
    "SITE_TITLE": _("Tianping"),
    "SITE_HEADER": _("Tianping"),
    "SITE_SUBHEADER": _("Back office"),
    "SITE_SYMBOL": "balance",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": "config.back_office.navigation.favicon",
        }
    ],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "BORDER_RADIUS": "6px",
    "ENVIRONMENT": "config.back_office.navigation.environment",
    "ENVIRONMENT_TITLE_PREFIX": "config.back_office.navigation.title_prefix",
    "STYLES": ["config.back_office.navigation.stylesheet"],
    "SIDEBAR": {
        "show_search": True,
        "command_search": False,
        "show_all_applications": False,
        "navigation": "config.back_office.navigation.sidebar",
    },
    "ACCOUNT": {"navigation": "config.back_office.navigation.account_links"},
    "COLORS": {
        # A deep green-blue: the colour of ink in ledgers, with contrast enough for small text.
        "primary": {
            "50": "oklch(97.6% .013 195)",
            "100": "oklch(94.2% .03 195)",
            "200": "oklch(88.4% .058 195)",
            "300": "oklch(80.5% .09 195)",
            "400": "oklch(72% .11 195)",
            "500": "oklch(62% .105 197)",
            "600": "oklch(48% .088 200)",
            "700": "oklch(42% .077 202)",
            "800": "oklch(36% .064 204)",
            "900": "oklch(31% .053 206)",
            "950": "oklch(22% .04 208)",
        },
    },
}
