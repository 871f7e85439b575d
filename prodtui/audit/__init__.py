"""The audit trail: an append-only chain of what was done, which shows where somebody changed it."""
