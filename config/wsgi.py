"""The way in for WSGI servers (granian --interface wsgi config.wsgi:application)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

application = get_wsgi_application()

# Only now are the apps loaded. Who knows a live channel as a sandbox, or a simulator where money
# is real, does not start.
from payments.actions.gateways import require_gateways  # noqa: E402

require_gateways()
