"""Sun, shade, sky and the heat of surfaces."""
