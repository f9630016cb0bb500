"""A personal account's life: states, interest, pay-outs, heirs, merging, statements."""
