"""Wiring: the only package that names all four apps."""
