"""The numbers of domain 10, out of the tallies alone: a page never counts the ledger."""
