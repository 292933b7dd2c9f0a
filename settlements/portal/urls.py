"""Addresses of the portal that are about balances, settlements and statements."""

from django.urls import path

from settlements.portal import balances, requests, settlements, statements

urlpatterns = [
    path("", balances.home, name="portal_home"),
    path("settlements/", settlements.settlements, name="portal_settlements"),
    path("settlements/request/", requests.request_page, name="portal_settlement_request"),
    path("settlements/<str:settlement_id>/", settlements.settlement, name="portal_settlement"),
    path("statement/", statements.statement, name="portal_statement"),
    path("statement.csv", statements.statement_csv, name="portal_statement_csv"),
]
