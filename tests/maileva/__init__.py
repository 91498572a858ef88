"""Letters by Maileva, over a server that speaks like it."""
