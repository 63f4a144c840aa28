"""Reading targets, countermeasures and the numbers of the number pages. Everything takes `asked`, never the clock."""
