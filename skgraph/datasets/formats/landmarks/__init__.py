"""Landmarks of people as users save the results of MediaPipe and BlazePose: JSON trees and tables.

Each shape becomes the same: `Frame`s of people, a person an array `[V, 4]` of x, y, z and visibility, NaN where the
file has none.
"""
