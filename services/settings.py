"""Every setting, read once from the environment (`LOOKALIKE_*`) and an optional TOML file, into one typed object."""

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from services.api_keys import parse_rate_limit
from services.errors import InvalidRequest, InvalidSettings
from services.fields import TEXT_FIELDS, FieldType
from services.precision import Precision

PREFIX = "LOOKALIKE_"
CONFIG_VARIABLE = "LOOKALIKE_CONFIG"
FASHION_FIELDS = {
    "category": FieldType.KEYWORD,
    "brand": FieldType.KEYWORD,
    "gender": FieldType.KEYWORD,
    "base_colour": FieldType.KEYWORD,
    "article_type": FieldType.KEYWORD,
    "sub_category": FieldType.KEYWORD,
    "season": FieldType.KEYWORD,
    "usage": FieldType.KEYWORD,
    "pattern": FieldType.KEYWORD,
    "price": FieldType.NUMBER,
    "year": FieldType.NUMBER,
    "in_stock": FieldType.BOOLEAN,
}

Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0)]


class Settings(BaseSettings):
    """Where things are and how they behave. Make one with `load_settings()`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    data_dir: Path = Field(Path("var"), description="Folder for everything the stack keeps: databases, images, logs.")
    database_url: str = Field("", description="SQLAlchemy URL of the catalogue; empty: SQLite in `data_dir`.")
    image_store: str = Field("", description="fsspec URL of the image store; empty: a folder in `data_dir`.")
    redis_url: str = Field("", description="Broker; empty: the stack runs its own Redis on `redis_port`.")
    milvus_uri: str = Field("", description="Vector store; empty: the stack runs Milvus Lite on `milvus_port`.")
    milvus_token: str = Field("", description="Credentials for `milvus_uri`, as `user:password` or an API key.")
    host: str = Field("127.0.0.1", description="Address the web process listens on.")
    port: Port = Field(8000, description="Port of the web process.")
    redis_port: Port = Field(6390, description="Port of the stack's own Redis, on loopback.")
    milvus_port: Port = Field(19590, description="Port of the stack's own Milvus Lite, on loopback.")

    model: str = Field("", description="Encoder: empty for the shipped bundle, a bundle's folder, or `open_clip:NAME`.")
    precision: Precision = Field(
        "f32", description="What photos are encoded in: `f32`, or `bf16`, about twice as fast on CPUs that have it."
    )
    predict_labels: bool = Field(True, description="Have the model label products that lack labels: `predicted_*`.")
    predict_min_probability: float = Field(0.5, ge=0, le=1, description="A label less probable is not suggested.")
    fields: dict[str, FieldType] = Field(
        default_factory=lambda: dict(FASHION_FIELDS),
        description="Typed filter fields as JSON, name to keyword, number, boolean or date. Others are untyped.",
    )
    text_fields: list[str] = Field(
        default_factory=lambda: list(TEXT_FIELDS),
        max_length=64,
        description="Attributes whose words a search looks for, as JSON; the id is always among them.",
    )
    index_alias: str = Field("lookalike", description="Milvus alias of the live index, and prefix of its collections.")
    index_timeout_s: Seconds = Field(10.0, description="Longest wait for one answer of Milvus.")

    search_timeout_s: Seconds = Field(5.0, description="Longest time that a search may take.")
    gather_max: int = Field(
        64, ge=1, le=1024, description="Concurrent queries that share one call of the model or of Milvus; 1: none do."
    )

    max_image_bytes: int = Field(20 * 2**20, gt=0, description="Largest photo accepted, in bytes.")
    max_image_pixels: int = Field(50_000_000, gt=0, description="Largest photo accepted, in pixels once decoded.")
    image_hosts: list[str] = Field(
        [], description='Hosts that photos may be fetched from by URL, as JSON: `["cdn.example.com", "*.shop.com"]`.'
    )
    private_image_hosts: list[str] = Field(
        [], description="Hosts among them whose addresses may be private, such as a shop's own image server."
    )
    fetch_timeout_s: Seconds = Field(15.0, description="Longest wait for a photo by URL, redirects included.")
    fetch_max_redirects: int = Field(3, ge=0, le=20, description="Redirects followed on the way to a photo.")
    fetch_threads: int = Field(16, ge=1, le=256, description="Photos that a worker process fetches at once.")
    max_import_bytes: int = Field(8 * 2**30, gt=0, description="Largest file, and largest zip, of an uploaded import.")
    max_request_bytes: int = Field(64 * 2**20, gt=0, description="Largest HTTP request accepted, in bytes.")
    web_threads: int = Field(64, ge=1, le=256, description="Requests that the web process serves at once.")
    auth: Literal["auto", "required", "off"] = Field(
        "auto", description="API keys: `auto` (needed unless `host` is loopback), `required`, or `off` (never needed)."
    )
    allowed_hosts: list[str] = Field(
        [],
        description='`Host` names, beside loopback\'s own, under which calls without a key are served: `["shop.lan"]`.',
    )
    cors_origins: list[str] = Field(
        [], description='Origins whose pages may call the API, as JSON: `["https://shop.com"]`. `["*"]`: any page.'
    )
    rate_limit: str = Field("1200/minute", description="Calls that a key, or an address without one, has; empty: any.")
    trusted_proxies: int = Field(0, ge=0, le=10, description="Proxies in front whose `X-Forwarded-*` are believed.")

    chunk_size: int = Field(128, ge=1, le=1000, description="Products that one queue message names.")
    worker_processes: int = Field(1, ge=1, le=256, description="Worker processes; the encoder uses all cores already.")
    decode_threads: int = Field(4, ge=1, le=64, description="Threads that read and decode photos in a worker.")
    task_time_limit_s: Seconds = Field(30.0, description="A task that runs longer is killed and its work done again.")
    lease_s: Seconds = Field(40.0, description="How long a worker's claim on products lasts; above the time limit.")
    visibility_timeout_s: Seconds = Field(45.0, description="Redis redelivers a message unacknowledged for so long.")
    sweep_interval_s: Seconds = Field(5.0, description="How often products whose message was lost are queued again.")
    resend_after_s: Seconds = Field(30.0, description="A product still waiting after so long counts as lost.")
    audit_interval_s: Seconds = Field(900.0, description="How often the whole index is compared with the catalogue.")
    retry_base_s: Seconds = Field(2.0, description="First wait after a passing failure; it doubles each time.")
    retry_cap_s: Seconds = Field(600.0, description="Longest wait between attempts at a photo by URL.")
    worker_memory_mb: int = Field(4096, ge=512, description="A worker process over this is replaced after its task.")
    shutdown_s: Seconds = Field(10.0, description="On SIGTERM, how long a worker may finish the task it is at.")
    max_attempts: int = Field(8, ge=1, le=100, description="Attempts at one product before it is listed as failed.")

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve()}/catalogue.db"

    @property
    def images(self) -> str:
        """The fsspec URL in force."""
        return self.image_store or f"file://{self.data_dir.resolve()}/images"

    @property
    def predict_from(self) -> float | None:
        """The least probability of a suggested label; None: nothing is suggested."""
        return self.predict_min_probability if self.predict_labels else None

    @property
    def import_spool(self) -> str:
        """The fsspec URL below which uploaded files wait to be read: beside the photos, where every worker finds it."""
        return (
            f"{self.image_store.rstrip('/')}/imports"
            if self.image_store
            else f"file://{self.data_dir.resolve()}/imports"
        )

    @property
    def redis(self) -> str:
        """The broker URL in force."""
        return self.redis_url or f"redis://127.0.0.1:{self.redis_port}/0"

    @property
    def milvus(self) -> str:
        """The Milvus URI in force."""
        return self.milvus_uri or f"http://127.0.0.1:{self.milvus_port}"

    @field_validator("fields")
    @classmethod
    def _names_are_identifiers(cls, fields: dict[str, FieldType]) -> dict[str, FieldType]:
        for name in fields:
            if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", name):
                raise ValueError(f"{name!r}: a declared field is named in a-z, 0-9 and _, and starts with a letter")
            if name.startswith("predicted_") and fields[name] is not FieldType.KEYWORD:
                raise ValueError(f"{name!r}: names in predicted_ are the model's, whose labels are keywords")
        return fields

    @field_validator("index_alias")
    @classmethod
    def _alias_is_identifier(cls, alias: str) -> str:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,59}", alias):
            raise ValueError("letters, digits and _ only, starting with a letter")
        return alias

    @field_validator("cors_origins")
    @classmethod
    def _origins_are_origins(cls, origins: list[str]) -> list[str]:
        for origin in origins:
            if origin != "*" and not re.fullmatch(r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?", origin):
                raise ValueError(f"{origin!r}: as browsers send it, such as https://shop.com or http://localhost:3000")
        return origins

    @field_validator("rate_limit")
    @classmethod
    def _rate_limit_is_one(cls, limit: str) -> str:
        try:
            return limit and str(parse_rate_limit(limit))
        except InvalidRequest as exc:
            raise ValueError(str(exc)) from exc

    @model_validator(mode="after")
    def _times_fit_together(self) -> "Settings":
        # A task must be dead before its claim ends, and its claim over before its message comes again;
        # otherwise two workers would take turns at the same products.
        if not self.task_time_limit_s < self.lease_s < self.visibility_timeout_s:
            raise ValueError("task_time_limit_s < lease_s < visibility_timeout_s must hold")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given in code wins, then the environment, then the TOML file that LOOKALIKE_CONFIG names."""
        file = os.environ.get(CONFIG_VARIABLE)
        toml = (TomlConfigSettingsSource(settings_cls, Path(file)),) if file else ()
        return (init_settings, env_settings, *toml)


def load_settings(**given: Any) -> Settings:
    """Read the settings; `given` ones override. Raises InvalidSettings, naming the key and what is allowed."""
    file = os.environ.get(CONFIG_VARIABLE)
    if file and not Path(file).is_file():
        raise InvalidSettings(f"{CONFIG_VARIABLE}={file}: no such file")
    try:
        settings = Settings(**given)
    except ValidationError as exc:
        raise InvalidSettings("; ".join(_explain(error) for error in exc.errors())) from exc
    except ValueError as exc:  # a malformed TOML file, or JSON in an environment variable
        raise InvalidSettings(str(exc)) from exc
    _refuse_unknown_variables()
    return settings


def _refuse_unknown_variables() -> None:
    """A misspelt variable must not pass in silence: pydantic-settings ignores what it does not know."""
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields} | {CONFIG_VARIABLE, "LOOKALIKE_DATA"}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise InvalidSettings(f"{', '.join(unknown)}: no such setting; docs/settings.md lists them all")


def _explain(error: Any) -> str:
    key = ".".join(str(part) for part in error["loc"])
    name = f"{PREFIX}{key}".upper() if key else "settings"
    return f"{name}={error['input']!r}: {error['msg']}" if key else f"{name}: {error['msg']}"
