"""The frame: packaging, locks, floors, the unit, and the words of the repository itself."""
