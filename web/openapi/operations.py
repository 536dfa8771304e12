"""One operation of the description."""

import inspect
from http import HTTPStatus
from typing import Any

from web.openapi.components import reference
from web.openapi.curl import curl
from web.openapi.declaration import Answer, Body, Bytes, Media, Multipart
from web.openapi.examples import EXAMPLES, Example
from web.openapi.parameters import path_parameter, query_parameters
from web.openapi.refusals import codes_by_status, header, problem_answer
from web.openapi.routes import Route
from web.openapi.security import refusals_of, security

JSON = "application/json"


def operation(route: Route) -> dict[str, Any]:
    """The operation at a route. Raises KeyError for what has no words: a path's parameter, an endpoint's examples."""
    said, examples = route.operation, EXAMPLES[route.rule.endpoint]
    summary, _, more = inspect.cleandoc(route.view.__doc__ or "").partition("\n\n")
    first, _, rest = " ".join(summary.split()).partition(". ")
    description = "\n\n".join(part for part in (rest, more) if part)
    parameters = [path_parameter(name) for name in route.path_names]
    described: dict[str, Any] = {
        "operationId": route.rule.endpoint.replace(".", "_"),
        "tags": [said.tag],
        "summary": first.rstrip("."),
        **({"description": description} if description else {}),
        "parameters": parameters + (query_parameters(said.query) if said.query else []),
        "responses": _responses(route),
        "security": security(route),
        "x-codeSamples": [_sample(route, example) for example in examples],
    }
    if said.sends:
        content = {body.media_type: _content(body, examples) for body in said.sends}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _responses(route: Route) -> dict[str, Any]:
    said = route.operation
    answers = {status: _answer(status, answer) for status, answer in said.answers.items()}
    for status, names in said.headers.items():
        answers[status]["headers"] = {name: header(name) for name in names}
    codes = codes_by_status([*said.problems, *refusals_of(route)])
    problems = {status: problem_answer(status, found) for status, found in codes.items()}
    return {str(status): answer for status, answer in sorted({**answers, **problems}.items())}


def _answer(status: int, answer: Answer) -> dict[str, Any]:
    described: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if isinstance(answer, Media):
        described["description"] = answer.description
        described["content"] = {kind: {} for kind in answer.media_types}
    elif isinstance(answer, tuple):
        described["content"] = {JSON: {"schema": {"anyOf": [reference(model) for model in answer]}}}
    elif answer is not None:
        described["description"] = inspect.cleandoc(answer.__doc__ or "").partition("\n\n")[0]
        described["content"] = {JSON: {"schema": reference(answer)}}
    return described


def _content(body: Body, examples: tuple[Example, ...]) -> dict[str, Any]:
    if isinstance(body, Bytes):
        return {"schema": {"description": body.description}}
    if isinstance(body, Multipart):
        return {"schema": reference(body.model)}
    sent = [example for example in examples if example.json is not None]
    told = {f"example-{place}": {"summary": each.summary, "value": each.json} for place, each in enumerate(sent, 1)}
    return {"schema": reference(body.model), **({"examples": told} if told else {})}


def _sample(route: Route, example: Example) -> dict[str, str]:
    return {"lang": "Shell", "label": example.summary, "source": curl(route.method, route.path, example)}
