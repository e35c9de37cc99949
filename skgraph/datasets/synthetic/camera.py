"""Where the depth cameras of a recording stand, and what they see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Azimuth in degrees: as in NTU RGB+D camera 2 looks from the front, 1 and 3 from the sides. They stand farther round
# than its 45 degrees, where the nearest clip in raw coordinates is too often the same performance in another view.
AZIMUTHS = {1: 60.0, 2: 0.0, 3: -60.0}
# Of each setup: distance and height in metres; every camera looks at a point this high over the middle of the room.
SETUPS = {1: (3.0, 1.4), 2: (3.5, 0.9), 3: (3.8, 1.8), 4: (3.3, 1.2)}
_AIMED_AT = 0.95


@dataclass(frozen=True)
class Camera:
    """A camera that looks at the middle of the room.

    Its coordinates are those of Kinect: x to the camera's left, y up in its image, z away from it.

    Args:
        azimuth: where it stands, in degrees; 0 in front of a performer of heading 0.
        distance, height: of the camera, in metres, over the floor.
    """

    azimuth: float
    distance: float
    height: float

    def see(self, joints: np.ndarray) -> np.ndarray:
        """Positions [..., 3] in the room, y up from the floor, as positions in the camera's frame."""
        azimuth = np.deg2rad(self.azimuth)
        at = np.array([self.distance * np.sin(azimuth), self.height, self.distance * np.cos(azimuth)])
        z = np.array([0, _AIMED_AT, 0]) - at
        z /= np.linalg.norm(z)
        x = np.cross([0, 1, 0], z)
        x /= np.linalg.norm(x)
        return (joints - at) @ np.stack([x, np.cross(z, x), z], axis=-1)
