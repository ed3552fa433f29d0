"""Tests of the budget report."""
