"""A local library of records: every catalogue in one directory, read once, opened at once. See README.md."""
