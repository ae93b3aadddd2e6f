"""This machine's disk: which folders are open to us, safe reads, safe writes."""
