"""Media: every file and pixel routine that two stages want."""
