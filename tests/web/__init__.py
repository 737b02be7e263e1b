"""Tests of the web server that the API and the console share."""
