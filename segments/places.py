"""Being near a place: a profile's latitude and longitude, and the distance on a sphere.

`segments.compile` computes the same formula, operation by operation, so that both evaluators agree as far as their
mathematical libraries do: to a fraction of a millimetre.
"""

import math
from typing import Annotated, Any

from pydantic import Field

from segments import values
from segments.parts import Name, Part

EARTH_KM = 6371.0088  # mean radius
LATITUDE, LONGITUDE = "Latitude", "Longitude"


class Near(Part):
    """Within so many kilometres of a place. properties: what holds the degrees; None: Latitude and Longitude."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    km: Annotated[float, Field(gt=0, le=20_040)]
    properties: tuple[Name, Name] | None = None

    @property
    def names(self) -> tuple[str, str]:
        """The properties that hold latitude and longitude."""
        return self.properties or (LATITUDE, LONGITUDE)

    def away(self, latitude: Any, longitude: Any) -> float | None:
        """Kilometres from the place to where two property values are; None if they are no degrees."""
        if not values.is_number(latitude) or not values.is_number(longitude):
            return None
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            return None
        return distance(self.latitude, self.longitude, latitude, longitude)

    def holds(self, latitude: Any, longitude: Any) -> bool:
        """Whether two property values are degrees of a place that is near enough."""
        km = self.away(latitude, longitude)
        return km is not None and km <= self.km


def distance(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Kilometres between two places given in degrees (haversine)."""
    across = math.sin(math.radians(other_latitude - latitude) / 2) ** 2
    along = math.sin(math.radians(other_longitude - longitude) / 2) ** 2
    half = across + math.cos(math.radians(latitude)) * math.cos(math.radians(other_latitude)) * along
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))
