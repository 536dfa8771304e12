"""What ingestion keeps: versions, problems of photos, how far an import is, messages that were refused."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

OPEN = sa.text("state = 'queued'")
FAILED = sa.text("state = 'failed'")
HELD = sa.text("claimed_by IS NOT NULL")
# Ids are compared by code point. SQLite does so anyway.
BY_CODE_POINT = (("products", "id"), ("import_items", "product_id"))


def _columns() -> dict[str, list["sa.Column[object]"]]:
    """The new columns by table; made anew at each call, since a column belongs to one table object."""
    return {
        "products": [
            sa.Column("version", sa.BigInteger),
            sa.Column("deferrals", sa.Integer, nullable=False, server_default="0"),
            sa.Column("problem_at", sa.Float),
            sa.Column("image_problems", sa.JSON),
        ],
        "imports": [
            sa.Column("cancelled_at", sa.Float),
            sa.Column("fingerprint", sa.Text),
            sa.Column("lines_read", sa.BigInteger, nullable=False, server_default="0"),
            sa.Column("bytes_read", sa.BigInteger, nullable=False, server_default="0"),
            sa.Column("bytes_total", sa.BigInteger, nullable=False, server_default="0"),
            sa.Column("options", sa.JSON),
            sa.Column("due_at", sa.Float, nullable=False, server_default="0"),
            sa.Column("problem_code", sa.Text),
            sa.Column("problem_detail", sa.Text),
        ],
        "import_items": [
            sa.Column("state", sa.Text, nullable=False, server_default="queued"),
            sa.Column("embedded", sa.Integer, nullable=False, server_default="0"),
            sa.Column("settled_at", sa.Float),
        ],
    }


# What the old version worked out at each look, from the products' revisions.
SETTLED = (
    "UPDATE import_items SET state = 'refused' WHERE revision IS NULL",
    "UPDATE import_items SET state = 'indexed' WHERE revision <= "
    "(SELECT indexed_revision FROM products WHERE products.id = import_items.product_id)",
    "UPDATE import_items SET state = 'failed' WHERE state = 'queued' AND revision <= "
    "(SELECT failed_revision FROM products WHERE products.id = import_items.product_id)",
)


def upgrade() -> None:
    """Add the columns, settle the lines of old imports, and make the new table."""
    for table, columns in _columns().items():
        for column in columns:
            op.add_column(table, column)
    for statement in SETTLED:
        op.execute(statement)
    if op.get_context().dialect.name == "postgresql":
        for table, name in BY_CODE_POINT:
            op.execute(f'ALTER TABLE {table} ALTER COLUMN {name} TYPE TEXT COLLATE "C"')
    op.create_index("products_held", "products", ["claimed_by"], sqlite_where=HELD, postgresql_where=HELD)
    op.create_index("import_items_states", "import_items", ["import_id", "state", "embedded"])
    op.create_index("import_items_settled", "import_items", ["import_id", "settled_at"])
    op.create_index("import_items_open", "import_items", ["product_id"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("import_items_failed", "import_items", ["product_id"], sqlite_where=FAILED, postgresql_where=FAILED)
    op.create_table(
        "refused_messages",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("received_at", sa.Float, nullable=False),
        sa.Column("task", sa.Text, nullable=False),
        sa.Column("product_id", sa.Text),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "places",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.JSON, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
    )


def downgrade() -> None:
    """Take them away again."""
    for table in ("places", "refused_messages"):
        op.drop_table(table)
    for index in ("import_items_failed", "import_items_open", "import_items_settled", "import_items_states"):
        op.drop_index(index, "import_items")
    op.drop_index("products_held", "products")
    if op.get_context().dialect.name == "postgresql":
        for table, name in BY_CODE_POINT:
            op.execute(f'ALTER TABLE {table} ALTER COLUMN {name} TYPE TEXT COLLATE "default"')
    for table, columns in _columns().items():
        for column in columns:
            op.drop_column(table, column.name)
