"""Who is measured. Each module has `prepare()`, run once, and `deed()`, which is timed."""
