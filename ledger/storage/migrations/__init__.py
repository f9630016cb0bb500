"""Alembic's folder: `env.py` runs on the connection that `storage/migrate.py` hands it."""
