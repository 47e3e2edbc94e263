"""Case files: a run described in one TOML."""
