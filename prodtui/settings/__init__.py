"""What the user configures: models, TOML, environment and secrets files, discovery of local systems."""
