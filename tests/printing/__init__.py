"""Letters on a real print queue: a private cupsd on loopback whose printer is a folder."""
