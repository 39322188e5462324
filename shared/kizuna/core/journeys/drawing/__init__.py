"""A journey drawn: as Mermaid text for pages that know it, and as an SVG that needs nothing else.

figure   what is drawn: a box for each step, an arrow for each way      layout   where it stands
svg      as a picture                                                   mermaid  as text
"""

from kizuna.core.journeys.drawing.mermaid import mermaid_of
from kizuna.core.journeys.drawing.svg import svg_of

__all__ = ["mermaid_of", "svg_of"]
