"""Join codes, pair secrets and sign-in tokens, and how often one may try."""

JOIN_CODE_LIFETIME_MS = 15 * 60 * 1000
