"""Changes of targets, countermeasures and LTV scenarios: permission, write, audit row."""
