"""One function per business event: a decision becomes an entry."""
