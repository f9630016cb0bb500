"""Entries become a report: values and pure functions. What streams may be read once only."""
