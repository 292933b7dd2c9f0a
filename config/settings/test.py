"""The test rig: one connection per thread, no pool, and nothing kept on disk but the database."""

import os

from config import databases, env
from config.settings.base import *  # noqa: F403  a settings module extends another
from config.settings.base import (
    DATABASE_APPLICATION_URL,
    INSTALLED_APPS,
    MIDDLEWARE,
    STATIC_ROOT,
)

SECRET_KEY = "only-for-tests-" + "0" * 50
ENCRYPTION_KEYS = env.encryption_keys("test1:" + "A" * 43 + "=")
PAYMENT_PASSWORD_PEPPERS = env.encryption_keys("test1:" + "B" * 43 + "=")
SEAL_KEYS = env.encryption_keys("test1:" + "C" * 43 + "=", name="SEAL_KEYS")
PAYMENT_PASSWORD_ABOVE = {}
DEBUG = False
SANDBOX = True
SANDBOX_CLOCK_FILE = ""
PUBLIC_URL = "http://testserver"
BUSINESS_TIME_ZONE = "Asia/Shanghai"
STAFF_SECOND_FACTOR = True
TRUSTED_PROXIES = []
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]

# A test is one long transaction, and a property test a very long one; a lost lock must still end.
DATABASES = {
    "default": databases.connection_settings(
        DATABASE_APPLICATION_URL,
        options="-c lock_timeout=5s -c statement_timeout=60s"
        " -c transaction_timeout=0 -c idle_in_transaction_session_timeout=0"
        " -c synchronous_commit=off",
    )
}
# A name per run, so that two runs on one machine never drop each other's database.
DATABASES["default"]["TEST"] = {
    "NAME": env.text("TEST_DATABASE", default=f"test_tianping_{os.getpid()}")
}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns when there is none
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

# Every request of a test fails when it asks the database the same thing row by row.
INSTALLED_APPS = ["zeal", *INSTALLED_APPS]
MIDDLEWARE = ["zeal.middleware.zeal_middleware", *MIDDLEWARE]
ZEAL_RAISE = True
