"""Serve the instances that drive themselves: offers, grabs, set-up. The rules are in `core`."""
