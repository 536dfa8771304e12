"""What the description says in words: groups of calls, and headers of answers."""

from typing import Any

TITLE = "Lookalike"
SUMMARY = "Visual search for fashion catalogues: products go in, look-alikes come out."
DESCRIPTION = (
    "Errors are `application/problem+json` (RFC 9457): `{type, title, status, code, detail}`, whose `code` is stable. "
    "An id may hold any character but NUL; in a path it is one percent-encoded segment (`a/b` is `a%2Fb`). A list ends "
    "where `next_after` is null. An API key goes into `Authorization: Bearer KEY`, or `X-API-Key`; where the server "
    "listens on loopback alone none is needed. Answers to calls that are counted tell of the limit in `RateLimit` and "
    "`RateLimit-Policy`."
)

TAGS = {
    "search": "Look-alikes, words and photos, inside any filter.",
    "products": "One product at a time: its record, its photos.",
    "catalogue": "All products: lists, counts, values.",
    "imports": "A catalogue file, read by workers.",
    "failures": "What could not be indexed or accepted.",
    "session": "A cookie in the place of a key, for a page in a browser.",
    "health": "Alive, and able to serve.",
}

HEADERS: dict[str, dict[str, Any]] = {
    "Location": {"description": "Where to ask how it went.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds to wait before asking again.", "schema": {"type": "string"}},
    "WWW-Authenticate": {"description": "What is missing (RFC 6750).", "schema": {"type": "string"}},
    "RateLimit": {"description": "How many calls are left, and when more come.", "schema": {"type": "string"}},
    "ETag": {"description": "The same as long as the photo is.", "schema": {"type": "string"}},
}
