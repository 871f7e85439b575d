"""One assessment as text or JSON. Pure: moments in, text out."""
