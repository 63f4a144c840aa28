"""How things look on a page: figures as text, their states, links that keep the question, lists. No page logic."""
