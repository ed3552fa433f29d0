"""The commands, a module each: `giamdinh.cli` loads the one that is asked for."""
