"""Production-only code: mocks, stubs, simulations, placeholders and secrets in what ships. Imports nothing above."""
