"""Entries and transfers, months of account, and sums over them."""
