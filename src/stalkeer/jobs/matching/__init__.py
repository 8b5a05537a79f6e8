"""Match, explain matches, and save the user's decisions."""
