"""The description of the HTTP API, OpenAPI 3.1, made from the views: what they say of themselves, and the models."""

from web.openapi.declaration import BODY, PHOTO, SEARCH, Bytes, Json, Media, Multipart, QueryString, describes

__all__ = ["BODY", "PHOTO", "SEARCH", "Bytes", "Json", "Media", "Multipart", "QueryString", "describes"]
