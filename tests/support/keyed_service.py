"""An app with settings of its own, over fakes, and a client of it that says who it is."""

from pathlib import Path

from fakes import InlineQueue, platform_of_fakes
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.api_keys import Scope
from services.bootstrap import Platform
from web.app import create_app
from web.rate_limits import quotas_of

NO_REDIS = "redis://127.0.0.1:1/0"


class Service:
    """The app, its platform, and calls to it. Limits are counted in memory, unless a Redis is given."""

    def __init__(self, data_dir: Path, **settings: object) -> None:
        self.platform: Platform = platform_of_fakes(data_dir, **{"redis_url": NO_REDIS, **settings})
        self.app: Flask = create_app(self.platform, InlineQueue(self.platform))  # type: ignore[arg-type]
        self.client: FlaskClient = self.app.test_client()

    def key(self, scope: Scope = Scope.READ, **options: object) -> str:
        """The text of a new key."""
        return self.platform.api_keys.create("test", [scope], **options)[1]  # type: ignore[arg-type]

    def call(
        self, key: str | None = None, method: str = "GET", path: str = "/v1/counts", **options: object
    ) -> TestResponse:
        """One call, with `key` if there is one."""
        headers = dict(options.pop("headers", {}))  # type: ignore[call-overload]
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        return self.client.open(path, method=method, headers=headers, **options)  # type: ignore[arg-type]

    def close(self) -> None:
        """Let go of everything."""
        self.platform.close()
        quotas_of(self.app).close()
