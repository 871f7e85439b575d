"""One assessment in every format that somebody reads. Pure: moments in, text out."""
