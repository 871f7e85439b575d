"""When to ask a source, how long to wait for it, and when to leave it alone."""
