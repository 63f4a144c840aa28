"""Every stored fact as a resource of its own, made from the one declaration of the canonical files."""
