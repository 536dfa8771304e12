"""The `lookalike` command: a file a group of subcommands."""
