"""The packet path in C: see relay/README.md, "The packet's journey"."""
