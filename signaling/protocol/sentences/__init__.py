"""The sentences of all errors, by area. Written in the product's voice: what still works, what
happened, what to do; no blame, no jargon, no exclamation marks."""
