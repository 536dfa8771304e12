"""The core: domain types, settings, errors, images, catalogue, encoders, vector stores and search."""
