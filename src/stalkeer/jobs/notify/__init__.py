"""Tell targets what happened: manage them, collect events, write messages and send them."""
