"""`banso openapi`: the API's description as a file."""

from __future__ import annotations

import json
from pathlib import Path

import click
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from banso_web.core.registry import registry


def description() -> str:
    """The OpenAPI 3.1 description as JSON text, in the language that is active."""
    import banso_web.api.urls  # noqa: F401  (puts the endpoints into the API)
    from banso_web.api.service import api

    return json.dumps(api.get_openapi_schema(), ensure_ascii=False, indent=1, cls=DjangoJSONEncoder) + "\n"


@click.command("openapi", help=_l("REST API の説明(OpenAPI 3.1)を書き出します。"))
@click.argument("path", required=False, type=click.Path(path_type=Path, dir_okay=False))
def openapi(path: Path | None) -> None:
    text = description()
    if path is None:
        click.echo(text, nl=False)
        return
    path.write_text(text, "utf-8")
    click.echo(_("%(path)s に書き出しました。") % {"path": path})


registry.commands.append(openapi)
