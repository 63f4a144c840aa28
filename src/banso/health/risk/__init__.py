"""Risk as a probability: models of one company's own history, chosen and calibrated on what came later."""
