"""A staged rollout: watched, decided, and taken back by itself. All but its course is pure."""
