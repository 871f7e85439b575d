"""`readiness.toml`: reading, checking, showing and importing readiness policies.

`load` is the way in; the tables a person writes are in `tables`, what lies between two keys in `consistency`.
"""
