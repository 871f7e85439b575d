"""One module per real system, grouped by plane. A source does its I/O here and knows no rule and no screen."""
