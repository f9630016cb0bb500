"""The HTTP interface under /api/v1. A route parses, calls a service and presents; what a caller
may see stands in `auth.py`, how an error answers in `problems.py`."""
