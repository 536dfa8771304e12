"""The tables. A change here needs a migration beside it in `migrations/versions/`."""

import sqlalchemy as sa

metadata = sa.MetaData()

# Times are seconds since the epoch, UTC: they compare the same on SQLite and PostgreSQL.
products = sa.Table(
    "products",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("attributes", sa.JSON, nullable=False),
    sa.Column("images", sa.JSON, nullable=False),
    sa.Column("deleted", sa.Boolean, nullable=False),
    # What was accepted, what the index reflects, and the newest that failed for good.
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("indexed_revision", sa.BigInteger, nullable=False),
    sa.Column("failed_revision", sa.BigInteger, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("problem_code", sa.Text),
    sa.Column("problem_detail", sa.Text),
    # Who works on it, until when; and from when it counts as forgotten, and is queued again.
    sa.Column("claimed_by", sa.Text),
    sa.Column("claimed_until", sa.Float, nullable=False),
    sa.Column("due_at", sa.Float, nullable=False),
    sa.Column("updated_at", sa.Float, nullable=False),
)
WAITING = (products.c.indexed_revision < products.c.revision) & (products.c.failed_revision < products.c.revision)
# Partial, so that it holds only the products that wait: small, however large the catalogue.
sa.Index("products_waiting", products.c.due_at, sqlite_where=WAITING, postgresql_where=WAITING)

imports = sa.Table(
    "imports",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("finished_reading_at", sa.Float),
)

import_items = sa.Table(
    "import_items",
    metadata,
    sa.Column("import_id", sa.Text, sa.ForeignKey("imports.id"), primary_key=True),
    sa.Column("line", sa.BigInteger, primary_key=True),
    sa.Column("product_id", sa.Text),
    # The revision that this line asked for; null for a line that was refused, whose problem says why.
    sa.Column("revision", sa.BigInteger),
    sa.Column("problem_code", sa.Text),
    sa.Column("problem_detail", sa.Text),
)

locks = sa.Table(
    "locks",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("held_until", sa.Float, nullable=False),
)
