"""What the rules say: crediting, settlement, account use, mutual aid. No debit, no credit, no SQL."""
