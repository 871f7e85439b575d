"""A scan as text, as JSON, as SARIF: pure functions from values to text."""
