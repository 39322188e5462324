"""Campaigns in motion: launched at their time, walked over their audience, simulated before."""
