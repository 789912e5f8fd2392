"""Runs told to people: tables that are read in seconds."""
