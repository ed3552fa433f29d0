"""Two runs side by side: what is new, what is fixed, what is the same."""
