"""The books in one file, and back from it."""
