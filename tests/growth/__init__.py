"""Tests of the growth report."""
