"""Files on disk: is there room, is it whole, what may it be called, put it in place."""
