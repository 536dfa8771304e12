"""The catalogue database: the truth about products and imports. The only package that knows SQL."""

from services.catalogue.api_keys import ApiKeys
from services.catalogue.attribute_names import AttributeNames
from services.catalogue.backoff import Backoff
from services.catalogue.catalogue import Accepted, Catalogue
from services.catalogue.changes import Change, Delete, Patch, Put
from services.catalogue.claims import Claims
from services.catalogue.database import Database, Transaction
from services.catalogue.facets import Facets
from services.catalogue.failures import Failures
from services.catalogue.imports import ImportJob, ImportProgress, Imports, new_import_id
from services.catalogue.lines import Line, add_lines
from services.catalogue.locks import Locks
from services.catalogue.outcomes import Outcome
from services.catalogue.places import Places
from services.catalogue.refused import RefusedMessage, RefusedMessages

__all__ = [
    "Accepted",
    "ApiKeys",
    "AttributeNames",
    "Backoff",
    "Catalogue",
    "Change",
    "Claims",
    "Database",
    "Delete",
    "Facets",
    "Failures",
    "ImportJob",
    "ImportProgress",
    "Imports",
    "Line",
    "Locks",
    "Outcome",
    "Patch",
    "Places",
    "Put",
    "RefusedMessage",
    "RefusedMessages",
    "Transaction",
    "add_lines",
    "new_import_id",
]
