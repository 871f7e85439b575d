"""The plan of a rollout as a person writes it: `rollout.toml`."""
