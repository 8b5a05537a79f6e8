"""Store the releases that Stalkeer's indexer offers, and those that instances grabbed."""
