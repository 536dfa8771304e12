"""The HTTP API, version 1: a blueprint a file. Views parse, call, translate."""
