"""Between pools: transfers, quotas held and received, clearing."""
