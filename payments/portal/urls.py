"""Addresses of the portal that are about people and payments."""

from django.urls import path

from payments.portal import merchants, payments

urlpatterns = [
    path("merchants/", merchants.merchants, name="portal_merchants"),
    path("payments/", payments.payments, name="portal_payments"),
]
