"""Ground-motion models, their scenarios, and correlations and durations to go with them."""
