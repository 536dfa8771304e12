"""The description of this API: for programs, and for people."""

from typing import Any, cast

from flask import Blueprint, Response, current_app, jsonify, render_template
from markupsafe import Markup, escape

from web.openapi.document import document
from web.openapi.readable import readable

bp = Blueprint("openapi", __name__)

EXTENSION = "lookalike-openapi"


@bp.get("/openapi.json")
def description() -> Response:
    """The description in OpenAPI 3.1."""
    return jsonify(_document())


@bp.get("/docs")
def docs() -> str:
    """The same as a page."""
    return render_template("docs.html", api=readable(_document()))


@bp.app_template_filter("marked")
def marked(text: str) -> Markup:
    """Text of a docstring for a page: what stands between backticks is code.

    >>> marked("`?a=` & more")
    Markup('<code>?a=</code> &amp; more')
    """
    code = Markup("<code>{}</code>")
    parts = [code.format(part) if place % 2 else escape(part) for place, part in enumerate(text.split("`"))]
    return Markup("").join(parts)


def _document() -> dict[str, Any]:
    """Made when it is first asked for: it is the same as long as the process lives."""
    found = current_app.extensions.get(EXTENSION)
    if found is None:
        found = current_app.extensions[EXTENSION] = document(current_app)
    return cast(dict[str, Any], found)
