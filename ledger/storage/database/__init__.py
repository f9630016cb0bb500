"""The database itself: engines, lines, locks, roles, triggers, bulk writing."""
