"""Synthetic claims: a whole month of invented episodes, with planted errors and their answers."""

from __future__ import annotations

from giamdinh.sample.generate import generate
from giamdinh.sample.model import KeyRow, SampleReport
from giamdinh.sample.write import STYLES

__all__ = ["STYLES", "KeyRow", "SampleReport", "generate"]
