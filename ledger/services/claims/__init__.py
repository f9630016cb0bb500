"""Papers handed in (手工报销) and payments to persons."""
