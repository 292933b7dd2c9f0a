"""Addresses of the checkout."""

from django.urls import path

from payments.checkout import records, views

urlpatterns = [
    path("<slug:token>", views.page, name="checkout"),
    path("<slug:token>/method", views.choose, name="checkout-method"),
    path("<slug:token>/state", views.state, name="checkout-state"),
    path("<slug:token>/payments", records.payments, name="checkout-payments"),
    path("<slug:token>/refunds", records.refunds, name="checkout-refunds"),
]
