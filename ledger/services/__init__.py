"""Verbs: one business process, one transaction each. Only this shelf commits."""
