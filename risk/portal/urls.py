"""Addresses of the portal that are about settlement passwords."""

from django.urls import path

from risk.portal import passwords

urlpatterns = [
    path("password/", passwords.password, name="portal_password"),
    path("password/reset/", passwords.reset, name="portal_password_reset"),
]
