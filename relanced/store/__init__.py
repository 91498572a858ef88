"""The memory: the only room that speaks SQL. One public method is one whole transaction."""
