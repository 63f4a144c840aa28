"""Facts as the API gives them: the canonical column names, for the asked day, without what the caller may not see."""
