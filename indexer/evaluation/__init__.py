"""Measuring an encoder on held-out truth: figures as pure functions, and sheets of neighbours to look at."""
