"""SQL statements: what may be said of one without a literal in it. Pure; knows no SQLAlchemy."""
