"""What `verify` proves, as SQL."""
