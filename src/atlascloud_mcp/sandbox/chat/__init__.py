"""The language models of the sandbox: four protocols in, one question; one reply out, in the same protocol."""
