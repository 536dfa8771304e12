"""Header fields that tell browsers what not to do with our answers."""

from flask import Flask, Response, request

FIELDS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    # Scripts and styles come from our own files alone: none stands in a page, so none that is smuggled in runs.
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
}
# Long enough to matter, short enough that a site can go back to plain HTTP within a season.
HSTS = "max-age=7776000"


def register(app: Flask, cors_origins: list[str]) -> None:
    """Have `app` put them on every answer that does not say otherwise itself.

    `cors_origins` are the sites whose pages may show our photos: with any, photos may be embedded elsewhere.
    """
    embedding = "cross-origin" if cors_origins else "same-origin"

    def add(response: Response) -> Response:
        for name, value in FIELDS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cross-Origin-Resource-Policy", embedding)
        if request.path.startswith("/v1/"):
            # Neither a browser's disk nor a proxy between is to keep what the catalogue said.
            response.headers.setdefault("Cache-Control", "no-store")
        if request.is_secure:
            response.headers.setdefault("Strict-Transport-Security", HSTS)
        return response

    app.after_request(add)
