"""The tables. A change here needs a migration beside it in `migrations/versions/`."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.catalogue.notes import Note

metadata = sa.MetaData()
# Ids are compared by code point on either engine, whatever language a PostgreSQL database was made for.
ID = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")

# Times are seconds since the epoch, UTC: they compare the same on SQLite and PostgreSQL.
products = sa.Table(
    "products",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("attributes", sa.JSON, nullable=False),
    sa.Column("images", sa.JSON, nullable=False),
    sa.Column("deleted", sa.Boolean, nullable=False),
    # What was accepted, what the index reflects, and the newest that failed for good.
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("indexed_revision", sa.BigInteger, nullable=False),
    sa.Column("failed_revision", sa.BigInteger, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("problem_code", sa.Text),
    sa.Column("problem_detail", Note),
    # Who works on it, until when; and from when it counts as forgotten, and is queued again.
    sa.Column("claimed_by", sa.Text),
    sa.Column("claimed_until", sa.Float, nullable=False),
    sa.Column("due_at", sa.Float, nullable=False),
    sa.Column("updated_at", sa.Float, nullable=False),
    # The sender's own number of its newest change; an older one that arrives late is refused.
    sa.Column("version", sa.BigInteger),
    # Attempts in vain one after the other, for a reason that passes.
    sa.Column("deferrals", sa.Integer, nullable=False, server_default="0"),
    sa.Column("problem_at", sa.Float),
    sa.Column("image_problems", sa.JSON(none_as_null=True)),
    # What the model takes the main photo for: {"model", "digest", "labels": {field: [label, probability]}}.
    sa.Column("predictions", sa.JSON(none_as_null=True)),
)
WAITING = (products.c.indexed_revision < products.c.revision) & (products.c.failed_revision < products.c.revision)
# Partial, so that it holds only the products that wait: small, however large the catalogue.
sa.Index("products_waiting", products.c.due_at, sqlite_where=WAITING, postgresql_where=WAITING)
# What a worker holds, for the moment when it lets go of everything.
HELD = products.c.claimed_by.is_not(None)
sa.Index("products_held", products.c.claimed_by, sqlite_where=HELD, postgresql_where=HELD)

imports = sa.Table(
    "imports",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("source", Note, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("finished_reading_at", sa.Float),
    sa.Column("cancelled_at", sa.Float),
    # What tells whether a file is the one whose reading was broken off; and up to which line it was read.
    sa.Column("fingerprint", sa.Text),
    sa.Column("lines_read", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("bytes_read", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("bytes_total", sa.BigInteger, nullable=False, server_default="0"),
    # How a worker reads it, for one that was uploaded; null for one that a command reads.
    sa.Column("options", sa.JSON(none_as_null=True)),
    sa.Column("due_at", sa.Float, nullable=False, server_default="0"),
    # Why it could not be read to the end.
    sa.Column("problem_code", sa.Text),
    sa.Column("problem_detail", Note),
)

import_items = sa.Table(
    "import_items",
    metadata,
    sa.Column("import_id", sa.Text, sa.ForeignKey("imports.id"), primary_key=True),
    sa.Column("line", sa.BigInteger, primary_key=True),
    sa.Column("product_id", ID),
    # The revision that this line asked for; null for a line that was refused, whose problem says why.
    sa.Column("revision", sa.BigInteger),
    sa.Column("problem_code", sa.Text),
    sa.Column("problem_detail", Note),
    # queued, then indexed or failed; or from the start refused, skipped (nothing to do) or stale.
    sa.Column("state", sa.Text, nullable=False),
    # Photos that were embedded for it: none where only attributes changed.
    sa.Column("embedded", sa.Integer, nullable=False, server_default="0"),
    sa.Column("settled_at", sa.Float),
)
# Counting by state reads the index alone; so does counting what was settled lately.
sa.Index("import_items_states", import_items.c.import_id, import_items.c.state, import_items.c.embedded)
sa.Index("import_items_settled", import_items.c.import_id, import_items.c.settled_at)
# What a worker looks up when it has finished products: only the lines that wait.
OPEN_ITEM = import_items.c.state == "queued"
sa.Index("import_items_open", import_items.c.product_id, sqlite_where=OPEN_ITEM, postgresql_where=OPEN_ITEM)
# And the lines that a retry opens again.
FAILED_ITEM = import_items.c.state == "failed"
sa.Index("import_items_failed", import_items.c.product_id, sqlite_where=FAILED_ITEM, postgresql_where=FAILED_ITEM)

# Messages that could not be accepted, kept whole until somebody retries or drops them.
refused_messages = sa.Table(
    "refused_messages",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("received_at", sa.Float, nullable=False),
    sa.Column("task", Note, nullable=False),
    sa.Column("product_id", Note),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("detail", Note, nullable=False),
    sa.Column("body", Note, nullable=False),
)

# Work that is done in parts, over hours: how far it is, as JSON.
places = sa.Table(
    "places",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.JSON, nullable=False),
    sa.Column("updated_at", sa.Float, nullable=False),
)

locks = sa.Table(
    "locks",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("held_until", sa.Float, nullable=False),
)

# Every name that an attribute has ever had, and of which kind it was: what a filter may ask for.
attribute_names = sa.Table(
    "attribute_names",
    metadata,
    sa.Column("name", ID, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", Note, nullable=False),
    # SHA-256 of the secret, which is long and random: nothing that could be guessed, so nothing slower is needed.
    sa.Column("digest", sa.Text, nullable=False, unique=True),
    sa.Column("scopes", sa.JSON, nullable=False),
    # Such as "600/minute"; null for the setting's.
    sa.Column("rate_limit", sa.Text),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("expires_at", sa.Float),
    sa.Column("revoked_at", sa.Float),
    sa.Column("last_used_at", sa.Float),
)
