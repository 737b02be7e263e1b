"""The sealed live process."""
