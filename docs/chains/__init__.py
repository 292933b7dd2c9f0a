"""Chains of events, told by the functions that book them: what docs/recipes shows in tables."""
