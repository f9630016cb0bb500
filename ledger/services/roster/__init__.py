"""Files of people, providers and families."""
