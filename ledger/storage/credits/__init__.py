"""Contributions and monthly credits."""
