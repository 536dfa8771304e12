"""Every error Lookalike raises on purpose, in one tree.

    LookalikeError              something the caller can act on; the message names the value and the remedy
    ├── InvalidSettings         an environment variable or TOML key has a value that is not allowed
    ├── InvalidRequest          the caller sent something malformed
    │   ├── InvalidProduct      a product record breaks the rules (id, attributes, images)
    │   ├── InvalidFilter       a filter is not in the grammar, or names a value of the wrong type
    │   ├── InvalidCatalogue    a catalogue file cannot be read as a table
    │   ├── InvalidMessage      a queue message is not of its schema, or of a version that is not known
    │   └── BadImage            bytes that are not a readable photo
    │       ├── ImageTooLarge   a photo over the byte or pixel limit
    │       ├── BlockedAddress  a photo's URL is not allowed, or leads to an address that may not be asked
    │       └── UnreachableUrl  a photo's URL has no photo, and asking again will not help
    ├── NotFound                no such product, image or model
    ├── Unsupported             the model that is loaded cannot do this (no text tower, no label heads)
    ├── ModelError              a model bundle is missing, damaged or of an unknown format
    ├── IndexMismatch           the index was built by another model or field set; rebuild it
    ├── Conflict                someone else is doing this already (a rebuild is running)
    ├── Unauthenticated         no API key where one is needed, or one that is not valid
    ├── Forbidden               the caller may not do this: a scope is missing, or a stranger's web page asks
    ├── TooManyRequests         the caller's rate limit is used up
    └── Unavailable             a component is away; the same call may succeed later. The only error that is retried
        ├── DeadlineExceeded    a request's time was over before its answer was there
        └── HostAway            the host of a photo's URL does not answer, or asks for patience

`code` is stable and machine-readable: it is what problem+json bodies and a product's recorded failure carry.
Which HTTP status an error becomes is decided in one table, `web/problems.py`.
"""


class LookalikeError(Exception):
    """Base of every deliberate error."""

    code = "error"


class InvalidSettings(LookalikeError):
    """A setting has a value that is not allowed."""

    code = "invalid_settings"


class InvalidRequest(LookalikeError):
    """The caller sent something malformed."""

    code = "invalid_request"


class InvalidProduct(InvalidRequest):
    """A product record breaks the rules."""

    code = "invalid_product"


class InvalidFilter(InvalidRequest):
    """A filter is not in the grammar, or compares a field with a value of another type."""

    code = "invalid_filter"


class InvalidCatalogue(InvalidRequest):
    """A catalogue file cannot be read as a table of products."""

    code = "invalid_catalogue"


class InvalidMessage(InvalidRequest):
    """A queue message is not of its schema, or of a version that is not known."""

    code = "schema"


class BadImage(InvalidRequest):
    """Bytes that are not a readable photo."""

    code = "bad_image"


class ImageTooLarge(BadImage):
    """A photo over the byte or pixel limit."""

    code = "too_large"


class BlockedAddress(BadImage):
    """A photo's URL is not allowed, or leads to an address that may not be asked."""

    code = "blocked_address"


class UnreachableUrl(BadImage):
    """A photo's URL has no photo, and asking again will not help."""

    code = "unreachable_url"


class NotFound(LookalikeError):
    """No such product, image or model."""

    code = "not_found"


class Unsupported(LookalikeError):
    """The model that is loaded cannot do what was asked."""

    code = "unsupported"


class ModelError(LookalikeError):
    """A model bundle is missing, damaged or of an unknown format."""

    code = "model_error"


class IndexMismatch(LookalikeError):
    """The live index was built by another model or another set of typed fields."""

    code = "index_mismatch"


class Conflict(LookalikeError):
    """Somebody else is doing this already."""

    code = "conflict"


class Unauthenticated(LookalikeError):
    """No API key where one is needed, or one that is not valid. The message never holds what was sent."""

    code = "unauthenticated"

    def __init__(self, message: str, presented: bool = False) -> None:
        """`presented` says that there was a key, though not a valid one."""
        super().__init__(message)
        self.presented = presented


class Forbidden(LookalikeError):
    """The caller may not do this."""

    code = "forbidden"

    def __init__(self, message: str, scope: str = "") -> None:
        """`scope` is the one that is missing, if that is why."""
        super().__init__(message)
        self.scope = scope


class TooManyRequests(LookalikeError):
    """The caller's rate limit is used up."""

    code = "too_many_requests"

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unavailable(LookalikeError):
    """A component is away; the same call may succeed later."""

    code = "unavailable"


class DeadlineExceeded(Unavailable):
    """A request's time was over before its answer was there."""

    code = "deadline_exceeded"


class HostAway(Unavailable):
    """The host of a photo's URL does not answer, or asks for patience."""

    code = "unreachable_url"
