"""Double entry: the chart of accounts, transfers, entries, months of account. No insurance here."""
