"""The Celery app and its tasks: thin, with JSON arguments, safe to run twice."""
