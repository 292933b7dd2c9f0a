"""Addresses of the checkout that are about payment passwords."""

from django.urls import path

from risk.checkout import passwords

urlpatterns = [
    path("<slug:token>/password", passwords.password, name="checkout-password"),
]
