"""The ways to whoever is on call, one module each, behind the `Channel` protocol."""
