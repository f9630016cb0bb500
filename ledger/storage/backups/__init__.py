"""Copies of a database that desks are writing to."""
