"""Allocated budgets against spending: overruns, what drives them, forecasts, reconciliation."""
