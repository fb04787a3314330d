"""A scripted smarthost for tests: it behaves as a provider's submission
server does, misbehaves where a script says so, and records every byte."""
