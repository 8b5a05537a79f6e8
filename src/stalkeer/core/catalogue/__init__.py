"""Define playlist entries as values: kinds, addresses, filters, groups, and the comparison of two generations."""
