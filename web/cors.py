"""Which other sites' pages may call the API: those on a list, and without cookies."""

from flask import Flask
from flask_cors import CORS

EXPOSED = ("Location", "RateLimit", "RateLimit-Policy", "Retry-After")
SENT = ("Authorization", "Content-Type", "X-API-Key")
MAX_AGE_S = 600


def register(app: Flask, origins: list[str]) -> None:
    """Have `app` answer browsers for pages of `origins`; `["*"]` is every page, and an empty list none.

    Cookies are never let through, so what such a page may do is what the key that it was given may do.
    """
    if not origins:
        return
    CORS(
        app,
        resources=r"/v1/.*",
        origins=origins,
        allow_headers=SENT,
        expose_headers=EXPOSED,
        supports_credentials=False,
        send_wildcard=True,
        max_age=MAX_AGE_S,
    )
