"""Where the build finds the mask editor: a part of the image viewer that is loaded when somebody begins to draw."""

from components.widgets.source import source

DRAWING = ("mask.js", "hands.js", "bend.js", "flood.js", "raster.js")
MEASURING = ("shapes.js", "measure.js")
KEEPING = ("base.js", "png.js", "save.js", "hold.js")
SCREEN = ("editor.jsx", "drawing.js", "ask.jsx", "editor.css")
ASSETS = [source(__name__, name) for name in (*DRAWING, *MEASURING, *KEEPING, *SCREEN)]
"""The viewer imports the first of the screen's by its path, lazily; the others come with it."""
