"""Just enough of Django for hordak, in a scratch database of its own."""

import os

from config.databases import connection_settings

SECRET_KEY = "only-for-measuring"
DATABASES = {"default": connection_settings(os.environ["DATABASE_URL"], pool_max=1)}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "mptt",
    "djmoney",
    "hordak",
]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DEFAULT_CURRENCY = "CNY"
HORDAK_INTERNAL_CURRENCY = "CNY"
HORDAK_CURRENCIES = ["CNY"]
