"""The queue, its admission, the writes of running downloads, and their statistics."""
