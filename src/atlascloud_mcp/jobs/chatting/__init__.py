"""A question to a language model, and its answer on the way to the caller."""
