"""The recent past in memory: rings of points, queried by alerts and views."""
