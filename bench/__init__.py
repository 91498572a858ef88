"""How fast relanced is, beside others, in one run on one machine."""
