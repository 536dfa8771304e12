"""Bulk imports: a file comes in, workers read it, and its progress can be asked for."""

from contextlib import suppress
from typing import Any, BinaryIO, cast

from flask import Blueprint, Response, jsonify, request, url_for

from indexer.imports import ImportOptions, accept_upload
from services.errors import InvalidCatalogue, InvalidRequest, NotFound, Unavailable
from web.bodies import ImportOptionsBody, parse_object, validate, whole_number
from web.context import context
from web.openapi import Bytes, Multipart, QueryString, describes
from web.openapi.forms import ImportForm
from web.openapi.queries import ImportErrorsQuery, ImportsQuery, UploadQuery
from web.schemas import ImportAnswer, ImportDetails, ImportErrors, ImportsAnswer
from web.serialise import import_json, line_json

bp = Blueprint("imports", __name__)

MAX_PAGE = 1000
FIRST_PROBLEMS = 20


@bp.post("/v1/imports")
@describes(
    "imports",
    sends=(Multipart(ImportForm), Bytes("application/octet-stream", "The catalogue file, of any content type.")),
    query=QueryString(UploadQuery),
    answers={202: ImportAnswer},
    headers={202: ("Location",)},
    problems=(InvalidRequest, InvalidCatalogue, 413, Unavailable),
)
def create() -> Response:
    """Accept a catalogue file, and have workers read it: 202 with the import.

    As multipart: `file`, perhaps `images` (a zip of photos), perhaps `options` (JSON). Or the file as the body, with
    `?name=`, `?format=`, `?map=` (JSON) and `?limit=`.
    """
    # Bulk files may be larger than any other request.
    request.max_content_length = context().platform.settings.max_import_bytes
    if request.mimetype == "multipart/form-data":
        options, catalogue, images = _form()
    else:
        options, catalogue, images = _options(_arguments()), cast(BinaryIO, request.stream), None
    import_id = accept_upload(context().platform, options, catalogue, images)
    with suppress(Unavailable):  # accepted is accepted: a sweep queues it once the broker is back
        context().queue.send_import(import_id)
    response = jsonify(import_json(context().platform.imports.progress(import_id)))
    response.status_code = 202
    response.headers["Location"] = url_for("imports.get", import_id=import_id)
    return response


@bp.get("/v1/imports")
@describes(
    "imports", query=QueryString(ImportsQuery), answers={200: ImportsAnswer}, problems=(InvalidRequest, Unavailable)
)
def recent() -> Response:
    """The latest imports, newest first: `?limit=`, 100 at most."""
    limit = whole_number(request.args.get("limit", "20"), "limit")
    if not 1 <= limit <= 100:
        raise InvalidRequest(f"limit={limit}: between 1 and 100 are allowed")
    imports = context().platform.imports
    return jsonify({"imports": [import_json(imports.progress(import_id)) for import_id in imports.recent(limit)]})


@bp.get("/v1/imports/<segment:import_id>")
@describes("imports", answers={200: ImportDetails}, problems=(NotFound, Unavailable))
def get(import_id: str) -> Response:
    """How far an import is, and the first lines that have a problem."""
    imports = context().platform.imports
    body = import_json(imports.progress(import_id))
    body["problems"] = [line_json(line) for line in imports.problems(import_id, FIRST_PROBLEMS)]
    return jsonify(body)


@bp.get("/v1/imports/<segment:import_id>/errors")
@describes(
    "imports",
    query=QueryString(ImportErrorsQuery),
    answers={200: ImportErrors},
    problems=(InvalidRequest, NotFound, Unavailable),
)
def errors(import_id: str) -> Response:
    """All lines that have a problem, a page at a time: `?limit=`, and `?after=` the last line seen."""
    limit = whole_number(request.args.get("limit", "100"), "limit")
    after = whole_number(request.args.get("after", "0"), "after")
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidRequest(f"limit={limit}: between 1 and {MAX_PAGE} are allowed")
    if not 0 <= after < 2**63:
        raise InvalidRequest(f"after={after}: the number of a line is needed")
    imports = context().platform.imports
    imports.progress(import_id)  # a 404 for one that does not exist
    lines = imports.problems(import_id, limit + 1, after)
    following = lines[limit - 1].number if len(lines) > limit else None
    return jsonify({"errors": [line_json(line) for line in lines[:limit]], "next_after": following})


@bp.post("/v1/imports/<segment:import_id>/cancel")
@describes("imports", answers={200: ImportAnswer}, problems=(NotFound, Unavailable))
def cancel(import_id: str) -> Response:
    """Read no further. What was accepted stays accepted."""
    imports = context().platform.imports
    imports.cancel(import_id)
    return jsonify(import_json(imports.progress(import_id)))


def _form() -> tuple[ImportOptions, BinaryIO, BinaryIO | None]:
    file = request.files.get("file")
    if file is None:
        raise InvalidRequest("no `file`: send the catalogue as the file `file` of a multipart body, or as the body")
    given = parse_object(request.form.get("options", "{}"), "options")
    images = request.files.get("images")
    options = _options({"name": file.filename or "", **given})
    return options, cast(BinaryIO, file.stream), None if images is None else cast(BinaryIO, images.stream)


def _arguments() -> dict[str, Any]:
    arguments: dict[str, Any] = dict(request.args)
    if "limit" in arguments:
        arguments["limit"] = whole_number(arguments["limit"], "limit")
    if "map" in arguments:
        arguments["map"] = parse_object(arguments["map"], "map")
    return arguments


def _options(given: dict[str, Any]) -> ImportOptions:
    body = validate(ImportOptionsBody, given)
    if not body.name and body.format is None:
        raise InvalidRequest("name: say what the file is called, or give its format")
    return ImportOptions(body.name or f"upload.{body.format}", body.format, body.map, body.limit)
