"""Columnar claims: specifications, typed columns and the ClaimSet."""
