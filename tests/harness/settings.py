"""What the house is told when the harness runs it: a sandbox on a database of its own.

It is the product's own settings but for secrets, a settle window of seconds, and the app
`tests.harness`, which makes the waits of machines short enough for a run of a minute.
"""

import os

from config import env
from config.settings.base import *  # noqa: F403  a settings module extends another
from config.settings.base import INSTALLED_APPS, PROCRASTINATE_IMPORT_PATHS, STATIC_ROOT
from ledger import fault_points
from tests.harness.terms import ALONE_MINOR, SETTLE_SECONDS

SECRET_KEY = "only-for-the-harness-" + "0" * 50
ENCRYPTION_KEYS = env.encryption_keys("harness1:" + "A" * 43 + "=")
PAYMENT_PASSWORD_PEPPERS = env.encryption_keys("harness1:" + "B" * 43 + "=")
SEAL_KEYS = env.encryption_keys("harness1:" + "C" * 43 + "=", name="SEAL_KEYS")
SANDBOX = True
DEBUG = False
CHANNEL_SETTLE_WINDOW_SECONDS = SETTLE_SECONDS
REFUND_APPROVAL_ABOVE = {"CNY": ALONE_MINOR}
INSTALLED_APPS = [*INSTALLED_APPS, "tests.harness"]
PROCRASTINATE_IMPORT_PATHS = [*PROCRASTINATE_IMPORT_PATHS, "tests.harness.schedule"]
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns when there is none
HARNESS_DESIGN = env.choice(
    "HARNESS_DESIGN", options=["real", "new_number", "three_tries"], default="real"
)
fault_points.arm(env.text("FAULTS", default=""), seed=os.getpid())
