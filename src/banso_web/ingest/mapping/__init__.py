"""Mappings: from files as companies have them to canonical files. `sql` runs a YAML file of SELECTs, `simple` what the
page builds (columns, constants, value words, recipes)."""
