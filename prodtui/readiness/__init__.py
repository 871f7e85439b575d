"""The rules: from what is known to a score and a verdict. Pure: no I/O, no clock; imports the model only."""
