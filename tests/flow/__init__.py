"""Stories of the outbound flow: a company, its debtors, its relay and its spool."""
