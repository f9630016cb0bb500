"""Four eyes: proposals and approvals."""
