"""Alembic's entry: runs the migrations over the connection that `Database.migrate` hands in."""

from alembic import context

from services.catalogue.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
