"""One file per change of the schema, the date first in its name, the reason in its docstring."""
