"""Files in, rows out."""
