"""Operating points out of evidence."""
