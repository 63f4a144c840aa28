"""What was said beside what happened: back-tests, alert budgets and drift of scores and of probabilities."""
