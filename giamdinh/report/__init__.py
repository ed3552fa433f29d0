"""Writers of a run's result: terminal, workbook, Parquet and JSON."""
