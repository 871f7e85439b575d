"""Who hears of what: from moments to notices, and from these to whoever is on call."""
