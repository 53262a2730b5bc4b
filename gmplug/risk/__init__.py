"""Risk: hazard and fragility to mean annual frequencies, and demand hazard."""
