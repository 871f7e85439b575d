"""An incident between two times: gathered from moments, told as Markdown and JSON. Pure: moments in, text out."""
