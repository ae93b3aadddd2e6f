"""The Atlas Cloud API: one method per endpoint, its answers, its failures. The only place that speaks HTTP."""
