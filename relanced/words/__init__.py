"""Facts in, finished text, HTML and pages out. No store and no clock: the day is one of the facts."""
