"""Other pools: transfers, quotas, clearing."""
