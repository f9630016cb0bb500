"""Visits, settlements, accumulators, claims, settling anew."""
