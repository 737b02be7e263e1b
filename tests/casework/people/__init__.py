"""Tests of people and sign-in."""
