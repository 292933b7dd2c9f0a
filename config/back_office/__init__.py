"""The back office: its site, its home, and the pages that look across apps."""
