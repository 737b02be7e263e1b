"""The database's migrations, in order."""

__all__: list[str] = []
