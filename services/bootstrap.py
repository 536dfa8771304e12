"""Wires the platform from its settings, in one place. Parts are made when first used, so a command pays for its own."""

from collections.abc import Collection
from functools import cached_property

from PIL import Image

from services.catalogue import (
    ApiKeys,
    AttributeNames,
    Backoff,
    Catalogue,
    Claims,
    Database,
    Facets,
    Failures,
    Imports,
    Locks,
    Places,
    RefusedMessages,
)
from services.encoders import Encoder, load_encoder
from services.gathered_encoder import gather_encoder
from services.gathered_store import GatheredIndexes
from services.images import DecodeLimits, FetchLimits, ImageFetcher, ImageStore, Thumbnails
from services.index import LiveIndex
from services.intake import Intake
from services.key_ring import KeyRing
from services.known_fields import KnownFields
from services.labelling import predicted_names
from services.predictions import with_suggestions
from services.search import Search
from services.search.interpreter import Interpreter
from services.search.plan import Planner
from services.search.shop import Shop
from services.search.vectors import PartVectors
from services.search.vocabulary_source import VocabularySource
from services.settings import Settings
from services.spool import Spool
from services.stores import IndexServer


class Platform:
    """Every service of one process. Make it after a fork, not before: connections do not survive one."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def database(self) -> Database:
        """The catalogue database, opened but not migrated."""
        return Database(self.settings.database)

    @cached_property
    def catalogue(self) -> Catalogue:
        """Products."""
        settings = self.settings
        return Catalogue(self.database, settings.resend_after_s, predict_min=settings.predict_from)

    @cached_property
    def claims(self) -> Claims:
        """Who works on which products."""
        settings = self.settings
        backoff = Backoff(settings.retry_base_s, settings.retry_cap_s)
        return Claims(self.database, settings.lease_s, settings.resend_after_s, settings.max_attempts, backoff=backoff)

    @cached_property
    def imports(self) -> Imports:
        """Bulk imports."""
        return Imports(self.database, self.settings.resend_after_s)

    @cached_property
    def failures(self) -> Failures:
        """Products that could not be indexed."""
        return Failures(self.database)

    @cached_property
    def refused(self) -> RefusedMessages:
        """Messages that could not be accepted."""
        return RefusedMessages(self.database)

    @cached_property
    def locks(self) -> Locks:
        """Locks between processes."""
        return Locks(self.database)

    @cached_property
    def places(self) -> Places:
        """How far work is that is done in parts."""
        return Places(self.database)

    @cached_property
    def api_keys(self) -> ApiKeys:
        """Who may call."""
        return ApiKeys(self.database)

    @cached_property
    def key_ring(self) -> KeyRing:
        """The same, as this process knows it."""
        return KeyRing(self.api_keys.valid, self.api_keys.touch)

    @cached_property
    def images(self) -> ImageStore:
        """The bytes of photos."""
        return ImageStore(self.settings.images)

    @cached_property
    def fetcher(self) -> ImageFetcher:
        """Photos by URL."""
        settings = self.settings
        limits = FetchLimits(settings.max_image_bytes, settings.fetch_timeout_s, settings.fetch_max_redirects)
        return ImageFetcher(settings.image_hosts, settings.private_image_hosts, limits)

    @cached_property
    def spool(self) -> Spool:
        """Uploaded files that workers have yet to read."""
        return Spool(self.settings.import_spool)

    @cached_property
    def intake(self) -> Intake:
        """Checks what shops send."""
        return Intake(self.settings.fields, self.images, self.limits, self.fetcher)

    @cached_property
    def limits(self) -> DecodeLimits:
        """What a photo may weigh."""
        return DecodeLimits(self.settings.max_image_bytes, self.settings.max_image_pixels)

    @cached_property
    def thumbnails(self) -> Thumbnails:
        """Small JPEGs of photos."""
        return Thumbnails(self.images, self.limits)

    @cached_property
    def encoder(self) -> Encoder:
        """The model. The first use loads it, which takes seconds."""
        return load_encoder(self.settings.model, self.settings.data_dir / "cache", self.settings.precision)

    @cached_property
    def indexes(self) -> IndexServer:
        """Milvus."""
        from services.stores.milvus import MilvusIndexServer  # pymilvus takes a second to import

        settings = self.settings
        return MilvusIndexServer(
            settings.milvus,
            settings.index_alias,
            settings.fields,
            settings.index_timeout_s,
            settings.milvus_token,
            settings.data_dir / "milvus-writers.lock",
            settings.text_fields,
        )

    @cached_property
    def index(self) -> LiveIndex:
        """The live index of the model."""
        indexes, most = self.indexes, self.settings.gather_max
        return LiveIndex(GatheredIndexes(indexes, most) if most > 1 else indexes, self.encoder.model)

    @cached_property
    def search(self) -> Search:
        """Queries."""
        encoder = gather_encoder(self.encoder, self.settings.gather_max, self.settings.search_timeout_s)
        parts = PartVectors(self.catalogue, self.images, self.limits, encoder)
        planner = Planner(parts, encoder, self.interpreter)
        least = self.settings.predict_from
        shop = Shop(
            self.catalogue,
            self.settings.fields,
            self.settings.text_fields,
            lambda record: with_suggestions(record.product.attributes, record.predictions, least),
        )
        return Search(shop, planner, encoder, self.index, self.facets, self.settings.search_timeout_s)

    @cached_property
    def interpreter(self) -> Interpreter:
        """Reads the words of queries."""
        fields = self.settings.fields
        source = VocabularySource(
            self.catalogue.values, fields, everywhere=self.facets.everywhere, version=self.database.version
        )
        return Interpreter(source, fields)

    @cached_property
    def facets(self) -> Facets:
        """Counts of products."""
        return Facets(self.database, self.settings.fields, self.settings.predict_from)

    @cached_property
    def attribute_names(self) -> AttributeNames:
        """Names of attributes that products have had."""
        return AttributeNames(self.database)

    def known_fields(self) -> Collection[str] | None:
        """The names of attributes that products have, or may be given; filters may ask for these and no others.

        None where there are more than are remembered, so that a name may be any.
        """
        if not self.attribute_names.complete:
            return None
        return KnownFields(self.attribute_names, predicted_names(self.encoder))

    def warm_up(self) -> None:
        """Load the model and embed one blank photo, so that the first real one does not wait for it."""
        self.encoder.encode_images([Image.new("RGB", (64, 64))])

    def close(self) -> None:
        """Let go of connections that were opened."""
        for name in ("key_ring", "indexes", "database", "fetcher"):
            if name in self.__dict__:
                getattr(self, name).close()


def build(settings: Settings) -> Platform:
    """The platform for `settings`. Nothing is connected or loaded yet."""
    return Platform(settings)
