"""What changed and when, from readings alone: transitions, onsets, first cause. Pure."""
