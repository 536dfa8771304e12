"""The catalogue database: the truth about products and imports. The only package that knows SQL."""

from services.catalogue.catalogue import Catalogue
from services.catalogue.claims import Claims, Outcome
from services.catalogue.database import Database
from services.catalogue.imports import ImportProgress, Imports, Line
from services.catalogue.locks import Locks

__all__ = ["Catalogue", "Claims", "Database", "ImportProgress", "Imports", "Line", "Locks", "Outcome"]
