"""The city as 3D Tiles and glTF."""
