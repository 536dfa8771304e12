"""What search keeps: labels that the model suggests, names of attributes, API keys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

# Names that products already there have. JSON's own kinds, as filters know them.
NAMES = {
    "sqlite": "INSERT INTO attribute_names (name, kind) SELECT DISTINCT key, CASE type WHEN 'text' THEN 'text' "
    "WHEN 'true' THEN 'boolean' WHEN 'false' THEN 'boolean' ELSE 'number' END FROM products, json_each(attributes)",
    "postgresql": "INSERT INTO attribute_names (name, kind) SELECT DISTINCT key, CASE json_typeof(value) "
    "WHEN 'string' THEN 'text' WHEN 'boolean' THEN 'boolean' ELSE 'number' END FROM products, json_each(attributes)",
}


def upgrade() -> None:
    """Add them, and gather the names from the products that are there."""
    op.add_column("products", sa.Column("predictions", sa.JSON))
    op.create_table(
        "attribute_names",
        sa.Column("name", sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql"), primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
    )
    op.execute(NAMES[op.get_context().dialect.name])
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False, unique=True),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("rate_limit", sa.Text),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("expires_at", sa.Float),
        sa.Column("revoked_at", sa.Float),
        sa.Column("last_used_at", sa.Float),
    )


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("api_keys")
    op.drop_table("attribute_names")
    op.drop_column("products", "predictions")
