"""What health says of itself when Django starts."""
