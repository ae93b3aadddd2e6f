"""A local Atlas Cloud: the same endpoints, the same shapes, real pictures. Imports nothing of the server."""
