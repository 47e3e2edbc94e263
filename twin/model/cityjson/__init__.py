"""Reads and writes CityJSON and CityJSONSeq."""
