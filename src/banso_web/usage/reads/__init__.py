"""Reading usage: series up to a day, verdicts and alerts, and one customer's block."""
