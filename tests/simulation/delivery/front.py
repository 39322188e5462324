"""What `kizuna simulate delivery` uses."""

from tests.simulation.delivery.page import page_of
from tests.simulation.delivery.play import play_all
from tests.simulation.delivery.ways import WAYS

__all__ = ["WAYS", "page_of", "play_all"]
