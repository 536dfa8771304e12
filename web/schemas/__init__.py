"""What the API answers, as pydantic models: the description is made from them, and tests hold every answer to them.

The views answer what `web/serialise.py` makes; no model stands between, so a search pays nothing for them.
"""

from web.schemas.base import AnswerModel
from web.schemas.catalogue import CountsAnswer, FieldsAnswer, FieldValuesAnswer, HealthAnswer, ReadyAnswer
from web.schemas.failures import FailuresAnswer, MessagesAnswer, SettledAnswer
from web.schemas.imports import ImportAnswer, ImportDetails, ImportErrors, ImportsAnswer
from web.schemas.labels import ClassifyAnswer, ClassifyManyAnswer
from web.schemas.problem import ProblemAnswer
from web.schemas.products import ProductsPage, RecordAnswer
from web.schemas.search import BatchAnswer, SearchAnswer

__all__ = [
    "AnswerModel",
    "BatchAnswer",
    "ClassifyAnswer",
    "ClassifyManyAnswer",
    "CountsAnswer",
    "FailuresAnswer",
    "FieldValuesAnswer",
    "FieldsAnswer",
    "HealthAnswer",
    "ImportAnswer",
    "ImportDetails",
    "ImportErrors",
    "ImportsAnswer",
    "MessagesAnswer",
    "ProblemAnswer",
    "ProductsPage",
    "ReadyAnswer",
    "RecordAnswer",
    "SearchAnswer",
    "SettledAnswer",
]
