"""Years settled anew: what would change, who owes whom, and booking it."""
