#!/usr/bin/env python
"""Django's command line, with the embedded servers started first when a command needs them."""

import os
import sys

from django.core.management import execute_from_command_line

from config import embedded

# Commands that touch neither the database nor the broker: they must work on a machine where nothing can be started.
SERVERLESS = {"collectstatic", "help", "version", "--help", "-h", "--version"}


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if len(sys.argv) > 1 and sys.argv[1] not in SERVERLESS:
        try:
            embedded.ensure()
        except embedded.EmbeddedError as error:
            sys.exit(str(error))
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
