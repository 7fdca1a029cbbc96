"""The contract of every client table; reading, mapping, cutting and checking."""
