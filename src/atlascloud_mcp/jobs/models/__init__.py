"""The models on offer: found by any name, described, chosen for a request."""
