"""Certificates of operating points, and what they stand behind."""
