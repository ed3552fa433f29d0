"""Checks named by cards: what an expression cannot say, as functions on columns."""
