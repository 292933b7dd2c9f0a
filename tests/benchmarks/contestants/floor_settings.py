"""Just enough of Django and DRF for one address, in the product's database."""

import os

from config.databases import connection_settings

SECRET_KEY = "only-for-measuring"
ALLOWED_HOSTS = ["127.0.0.1"]
DATABASES = {"default": connection_settings(os.environ["DATABASE_URL"], pool_max=4)}
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"]
ROOT_URLCONF = "tests.benchmarks.contestants.floor_urls"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
