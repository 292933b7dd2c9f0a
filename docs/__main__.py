"""Write the generated parts of the documentation, or with `--check` name what is out of date.

The exit code of `--check` is 1 when a page says something else than the code. No database is asked.
"""

import os
import sys

import django


def main(arguments: list[str]) -> int:
    """Set the house up, then write or compare the pages."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    os.environ.setdefault("DATABASE_URL", "postgresql://nobody@unused/unused")
    django.setup()
    from docs import pages  # it reads models, which are there only now

    stale = pages.stale_pages()
    for page in stale:
        if "--check" not in arguments:
            pages.write(page)
        sys.stdout.write(f"docs/{page}\n")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
