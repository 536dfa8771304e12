"""Rate limits of requests, and the header fields that tell of them.

`RateLimit-Policy` and `RateLimit` are those of draft-ietf-httpapi-ratelimit-headers-11 (2026-05): lists of named
policies, `q` calls in `w` seconds, of which `r` are left, and more come in `t` seconds. `Retry-After` is RFC 9110's.
"""

import math
from typing import cast

from flask import Flask, Response, current_app, g, request

from services.api_keys import RateLimit, parse_rate_limit
from services.errors import InvalidRequest, LookalikeError, TooManyRequests, Unauthenticated
from services.settings import Settings
from web.gate import Caller
from web.quotas import Quota, Quotas, address_of

EXTENSION = "lookalike-quotas"
# A page of hits shows a photo of each, so photos have a limit of their own, so many times the other.
PHOTOS, PHOTOS_TIMES = "images.image", 10
# Wrong keys from one address. No number of tries would find a key; this keeps them from filling logs.
FAILURES = RateLimit(60, 60)


def register(app: Flask, quotas: Quotas, settings: Settings) -> None:
    """Have `app` count its requests in `quotas`, and tell callers what is left."""
    app.extensions[EXTENSION] = (quotas, parse_rate_limit(settings.rate_limit) if settings.rate_limit else None)
    app.after_request(_tell)


def count(caller: Caller, unlimited: bool) -> None:
    """Count one call, unless it is one of those without a limit. Raises TooManyRequests.

    On loopback a call without a key is one: all of them come from one address, and it is its owner's machine.
    """
    limit = (caller.key and caller.key.rate_limit) or _state()[1]
    if limit is None or unlimited:
        return
    who = f"key:{caller.key.id}" if caller.key else f"address:{address_of(request.remote_addr)}"
    name = "default"
    if request.endpoint == PHOTOS:
        name, who, limit = "photos", f"photos:{who}", RateLimit(limit.amount * PHOTOS_TIMES, limit.window_s)
    g.counted = (name, who, limit)
    _take(1)


def charge(cost: int) -> None:
    """Say that this request costs as many calls as `cost`, all in all, for one that does the work of several.

    Raises TooManyRequests when fewer are left, InvalidRequest when the limit never allows as many. Nothing is done
    where nothing is counted.
    """
    counted = g.get("counted")
    if counted is None or cost <= 1:
        return
    limit: RateLimit = counted[2]
    if cost > limit.amount:
        raise InvalidRequest(f"this costs {cost} calls, and the rate limit is {limit}: send fewer at once")
    _take(cost - 1)


def count_failure(error: Unauthenticated) -> None:
    """Count a wrong key of this request. Raises TooManyRequests once there were many from one address."""
    told = failure(_state()[0], error, request.remote_addr)
    if told is not error:
        raise told from error


def failure(quotas: Quotas, error: LookalikeError, address: str | None) -> LookalikeError:
    """`error`, or TooManyRequests in the place of the newest of many wrong keys from one address.

    A right key from that address works all the same: nobody can lock out a neighbour behind the same router.
    """
    if not (isinstance(error, Unauthenticated) and error.presented):
        return error
    quota = quotas.take(FAILURES, f"failures:{address_of(address)}")
    if quota.allowed:
        return error
    return TooManyRequests("too many wrong API keys from this address; wait a little", quota.retry_s)


def quotas_of(app: Flask) -> Quotas:
    """Where `app` counts."""
    return cast(Quotas, app.extensions[EXTENSION][0])


def _take(cost: int) -> None:
    name, who, limit = g.counted
    quota = _state()[0].take(limit, who, cost)
    g.quota = (name, quota)
    if not quota.allowed:
        raise TooManyRequests(f"the rate limit of {limit} is used up; Retry-After says when to go on", quota.retry_s)


def _tell(response: Response) -> Response:
    """Put what is left into the header fields."""
    if (told := g.get("quota")) is not None:
        name: str = told[0]
        quota: Quota = told[1]
        response.headers["RateLimit-Policy"] = f'"{name}";q={quota.limit.amount};w={quota.limit.window_s}'
        response.headers["RateLimit"] = f'"{name}";r={quota.remaining};t={max(1, math.ceil(quota.retry_s))}'
    return response


def _state() -> tuple[Quotas, RateLimit | None]:
    return cast(tuple[Quotas, RateLimit | None], current_app.extensions[EXTENSION])
