"""Addresses of the checkout."""

from django.urls import path

from payments.checkout import views

urlpatterns = [
    path("<slug:token>", views.page, name="checkout"),
    path("<slug:token>/method", views.choose, name="checkout-method"),
    path("<slug:token>/state", views.state, name="checkout-state"),
]
