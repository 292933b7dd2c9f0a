"""Addresses of the portal that are about people and payments."""

from django.urls import path

from payments.portal import links, merchants, payments, refunds

urlpatterns = [
    path("merchants/", merchants.merchants, name="portal_merchants"),
    path("payments/", payments.payments, name="portal_payments"),
    path("payments/<str:payment_id>/", payments.payment, name="portal_payment"),
    path("payments/<str:payment_id>/refund/", refunds.ask, name="portal_refund_ask"),
    path("links/", links.links, name="portal_links"),
    path("links/new/", links.make, name="portal_link_make"),
    path("links/<str:link_id>/", links.link, name="portal_link"),
    path("links/<str:link_id>/cancel/", links.cancel, name="portal_link_cancel"),
    path("refunds/", refunds.refunds, name="portal_refunds"),
    path("refunds/<str:refund_id>/", refunds.refund, name="portal_refund"),
]
