"""Months of claims kept as Parquet, with a DuckDB catalogue of what was taken in."""
