"""Runs of changed cities beside their baseline, and what differs."""
