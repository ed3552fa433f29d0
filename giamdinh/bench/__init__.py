"""Benchmarks that a user can run again: `giamdinh bench`.

Every measurement runs in a process of its own; competitors take turns, round by round, so that what
else the machine does hits all of them. Competitors are imported only where they are measured.
"""
