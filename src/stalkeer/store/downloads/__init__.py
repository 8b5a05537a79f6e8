"""Store the queue, its admission, the writes of running downloads, and their statistics."""
