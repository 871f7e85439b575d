"""From moments to rows: pure functions, tested without a terminal."""
