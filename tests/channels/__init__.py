"""What doors promise."""
