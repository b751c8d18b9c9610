"""Alembic migrations: up with data, down one step; expand first, contract later."""
