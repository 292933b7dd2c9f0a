"""Alipay, OpenAPI v2."""
