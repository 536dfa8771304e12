"""A session for the page: a cookie in the place of a key, which its scripts and photos send by themselves."""

from typing import Annotated

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, Field

from services.errors import Forbidden, TooManyRequests, Unauthenticated, Unavailable
from web.auth import gate
from web.bodies import read_json, validate
from web.gate import COOKIE, SESSION_S, new_session
from web.openapi import BODY, Json, describes
from web.rate_limits import count_failure

bp = Blueprint("session", __name__)

REFUSALS = (Unauthenticated, Forbidden, TooManyRequests, Unavailable)


class SessionBody(BaseModel):
    """Whose session it is to be."""

    model_config = ConfigDict(extra="forbid", strict=True)
    key: Annotated[str, Field(max_length=200, description="An API key.")]


@bp.post("/v1/session")
@describes("session", sends=(Json(SessionBody),), answers={204: None}, problems=(*BODY, *REFUSALS))
def begin() -> Response:
    """Show a key, and get a cookie that stands for it: for reading alone, and for twelve hours. 204."""
    body = validate(SessionBody, read_json(request))
    try:
        key = gate().key(body.key)
    except Unauthenticated as exc:
        count_failure(exc)
        raise
    response = Response(status=204)
    response.set_cookie(
        COOKIE,
        new_session(key),
        max_age=SESSION_S,
        secure=request.is_secure,
        httponly=True,
        samesite="Strict",
    )
    return response


@bp.delete("/v1/session")
@describes("session", answers={204: None}, problems=(Forbidden,))
def end() -> Response:
    """Be rid of the cookie. 204, whether or not there was one."""
    response = Response(status=204)
    response.delete_cookie(COOKIE, secure=request.is_secure, httponly=True, samesite="Strict")
    return response
