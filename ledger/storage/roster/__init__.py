"""People, families, providers, periods of benefit."""
