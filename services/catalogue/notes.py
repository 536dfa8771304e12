"""Text that comes from anywhere, such as the reason of a failure: kept without what PostgreSQL cannot hold."""

import sqlalchemy as sa


class Note(sa.types.TypeDecorator[str]):
    """A column of such text."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        """Called with what is written."""
        return None if value is None else storable(value)


def storable(text: str) -> str:
    """`text` with something visible in the place of NUL characters and lone surrogates.

    >>> storable("a\\0b\\ud800c")
    'a\ufffdb?c'
    """
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
