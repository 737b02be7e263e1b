"""Tests of the console: its answers over HTTP, and its pages in a real browser."""
