"""Store the folders that a media server is to be told of."""
