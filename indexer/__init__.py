"""Offline work: catalogue readers, the embed-and-upsert pipeline, reconcile, rebuild, training and evaluation."""
