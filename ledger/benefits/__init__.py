"""What the rules say: crediting, settlement, account use, aid. No debit, no credit, no SQL."""
