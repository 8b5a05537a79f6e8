"""Serve the instances with the native drive: offers, grabs, set-up. The rules are in `core`."""
