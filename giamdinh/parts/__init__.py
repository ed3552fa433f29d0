"""The work in parts: each is read and audited by itself, and all together are one run."""
