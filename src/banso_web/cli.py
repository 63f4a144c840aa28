"""The `banso` command: commands of the apps, found in `banso_web.<app>.commands`, behind one prepared home."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from importlib.util import find_spec

import click

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "banso_web.config.settings")

COMMAND_MODULES = (
    "core",
    "members",
    "ingest",
    "warehouse",
    "revenue",
    "usage",
    "health",
    "reports",
    "api",
    "operations",
)
UNPREPARED = (
    "manage",
    "doctor",
    "restore",
)  # these must work on a home that cannot be opened, or must not open it


class BansoGroup(click.Group):
    """Loads Django only when it is needed (not for `--version`), and speaks the language of BANSO_LANG."""

    def _load(self) -> None:
        if getattr(self, "_loaded", False):
            return
        import django
        from django.conf import settings
        from django.utils import translation

        django.setup()
        translation.activate(settings.LANGUAGE_CODE)
        from banso_web.core.command_words import said, teach

        teach()
        manage.help = translation.gettext("Django の管理コマンドを実行します。")
        for param in self.params:
            if isinstance(param, click.Option) and param.help:
                param.help = said(param.help)
        for app in COMMAND_MODULES:
            if find_spec(f"banso_web.{app}.commands"):
                import_module(f"banso_web.{app}.commands")
        from banso_web.core.registry import registry

        for command in registry.commands:
            self.add_command(command)
        self._loaded = True

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Whatever is said from here on, an error or the help, is said in Banso's language."""
        if args != ["--version"]:
            self._load()
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        self._load()
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        self._load()
        command = super().get_command(ctx, cmd_name)
        if command is not None and cmd_name not in UNPREPARED and "--help" not in sys.argv:
            from banso_web.operations.prepare import prepare

            prepare(kind="demo" if cmd_name == "demo" else "")
        return command


@click.group(cls=BansoGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="banso")
def main() -> None:
    """Banso (伴走)"""


@main.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def manage(arguments: tuple[str, ...]) -> None:
    from django.core.management import execute_from_command_line

    execute_from_command_line(["banso manage", *arguments])


if __name__ == "__main__":
    main()
