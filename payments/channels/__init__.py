"""Speak to channels and banks: outward craft, pure Python, one folder per protocol."""
