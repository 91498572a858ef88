"""The verbs, in the order a reminder lives them. They meet in the store, never each other."""
