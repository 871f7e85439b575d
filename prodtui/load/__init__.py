"""A real load by k6 against a declared target, and what saturates first under it."""
