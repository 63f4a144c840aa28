"""Health: signals to points, scorecards, readings with their interval, explanations, back-tests."""
