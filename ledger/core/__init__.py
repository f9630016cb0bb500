"""Words every other file speaks: money, months, spans, ids, records. Standard library only."""
