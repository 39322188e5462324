"""What `kizuna simulate delivery` uses."""

from tests.simulation.delivery.page import page_of
from tests.simulation.delivery.play import play_all

__all__ = ["page_of", "play_all"]
