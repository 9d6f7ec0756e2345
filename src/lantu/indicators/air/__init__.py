"""Air: from hours to days to statistics of stations, districts and the city (环境空气指标)."""
