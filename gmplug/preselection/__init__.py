"""Pre-selection: which records of a catalogue are candidates. See README.md for the filters."""
