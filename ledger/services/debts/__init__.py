"""Owed money (待追回)."""
