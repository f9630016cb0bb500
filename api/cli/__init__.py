"""The command line: one module per family of verbs; what is heavy is imported when a verb runs."""
