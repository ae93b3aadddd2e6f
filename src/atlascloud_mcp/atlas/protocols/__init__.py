"""The ways to ask a language model: one protocol-neutral question, one neutral reply, a small file for each protocol.

Sources: the vendor's MCP server 1.7.0 (paths, and how each protocol is given media), and the public API references of
the protocols' makers (bodies, answers, stream events), read in November 2026.
"""
