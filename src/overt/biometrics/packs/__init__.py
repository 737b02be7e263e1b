"""Model packs: what they say of themselves, how they arrive, and that they are what they say."""
