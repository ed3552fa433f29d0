"""Reading claim files: every official variant read, everything else named in a ledger.

`read_claims` is the only way in. A faster reader may take documents over behind it: the same
function, the same batches, the same ledger.
"""

from __future__ import annotations

from giamdinh.read.ledger import Ledger
from giamdinh.read.limits import LIMITS, Limits
from giamdinh.read.reader import read_claims

__all__ = ["LIMITS", "Ledger", "Limits", "read_claims"]
