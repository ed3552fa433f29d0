"""`python -m giamdinh`."""

from __future__ import annotations

from giamdinh.cli import main

main()
