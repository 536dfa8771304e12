"""What people and programs talk to: the Flask API, the page, the `lookalike` command."""
