"""Indicators of water: classes of sections and rivers, groundwater points, drinking-water sources."""
