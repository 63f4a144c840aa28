"""The `banso` command."""

from __future__ import annotations

import os
import sys

import click

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "banso_web.config.settings")


@click.group()
def main() -> None:
    """Banso (伴走)."""


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def manage(arguments: tuple[str, ...]) -> None:
    """Django's own management commands."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(["banso manage", *arguments])


if __name__ == "__main__":
    sys.exit(main())
