"""A local Atlas Cloud: the same endpoints, the same shapes, real pictures, films and meshes.

Imports nothing of the server.
"""
