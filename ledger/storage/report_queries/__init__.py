"""Rows for reports and workbooks, streamed."""
