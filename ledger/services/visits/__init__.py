"""Visits at the desk and from files: quoted, settled, refunded, explained."""
