"""Products, imports, their lines, and locks."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the first tables."""
    op.create_table(
        "products",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("attributes", sa.JSON, nullable=False),
        sa.Column("images", sa.JSON, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("indexed_revision", sa.BigInteger, nullable=False),
        sa.Column("failed_revision", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("problem_code", sa.Text),
        sa.Column("problem_detail", sa.Text),
        sa.Column("claimed_by", sa.Text),
        sa.Column("claimed_until", sa.Float, nullable=False),
        sa.Column("due_at", sa.Float, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
    )
    waiting = sa.text("indexed_revision < revision AND failed_revision < revision")
    op.create_index("products_waiting", "products", ["due_at"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_table(
        "imports",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("finished_reading_at", sa.Float),
    )
    op.create_table(
        "import_items",
        sa.Column("import_id", sa.Text, sa.ForeignKey("imports.id"), primary_key=True),
        sa.Column("line", sa.BigInteger, primary_key=True),
        sa.Column("product_id", sa.Text),
        sa.Column("revision", sa.BigInteger),
        sa.Column("problem_code", sa.Text),
        sa.Column("problem_detail", sa.Text),
    )
    op.create_table(
        "locks",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("held_until", sa.Float, nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("locks", "import_items", "imports", "products"):
        op.drop_table(table)
