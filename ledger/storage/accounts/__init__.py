"""Personal accounts: totals, states, interest, merged numbers, premiums."""
