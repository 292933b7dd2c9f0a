"""Addresses of the checkout."""

from django.urls import path

from payments.checkout import links, records, views, ways_back

urlpatterns = [
    path("back/<slug:payment_id>/", ways_back.back, name="checkout-back"),
    path("link/<slug:code>", links.page, name="checkout-link"),
    path("link/<slug:code>/begin", links.begin, name="checkout-link-begin"),
    path("<slug:token>", views.page, name="checkout"),
    path("<slug:token>/method", views.choose, name="checkout-method"),
    path("<slug:token>/state", views.state, name="checkout-state"),
    path("<slug:token>/payments", records.payments, name="checkout-payments"),
    path("<slug:token>/refunds", records.refunds, name="checkout-refunds"),
]
