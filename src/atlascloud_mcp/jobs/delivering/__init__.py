"""From a finished job to files on this machine, and to what is said about them."""
