"""Addresses of the checkout."""

from django.urls import path

from payments.checkout import records, views, ways_back

urlpatterns = [
    path("back/<slug:payment_id>/", ways_back.back, name="checkout-back"),
    path("<slug:token>", views.page, name="checkout"),
    path("<slug:token>/method", views.choose, name="checkout-method"),
    path("<slug:token>/state", views.state, name="checkout-state"),
    path("<slug:token>/payments", records.payments, name="checkout-payments"),
    path("<slug:token>/refunds", records.refunds, name="checkout-refunds"),
]
