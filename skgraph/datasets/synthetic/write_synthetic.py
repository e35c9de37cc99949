"""The store of the synthetic dataset."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from skgraph.data.store import SkeletonStore
from skgraph.data.store_writer import StoreWriter
from skgraph.datasets.synthetic.actions import load_actions
from skgraph.datasets.synthetic.animation import FPS
from skgraph.datasets.synthetic.limbs import Performer
from skgraph.datasets.synthetic.scene import RECORDINGS, perform, perform_recording, plan_recordings
from skgraph.datasets.synthetic.sensor import AZIMUTHS, SETUPS, Sensor, to_camera
from skgraph.errors import DataError
from skgraph.topology import Topology

# Independent streams of random numbers.
_PERFORMER, _PARTNER, _PERFORMANCE, _TRACKING, _PLAN = range(5)


def write_synthetic(
    path: str | Path,
    *,
    subjects: int = 16,
    repetitions: int = 2,
    seed: int = 0,
    noise: float = 0.012,
    dropout: float = 0.02,
    recordings: bool = False,
    interactions: bool = False,
    overwrite: bool = False,
    progress: bool = False,
) -> SkeletonStore:
    """Write a store of synthetic actions on the skeleton `ntu_rgbd`: 25 joints, metres, 30 Hz, in camera coordinates.

    Every subject performs each of the 26 actions some times, seen by three cameras at once, one clip a camera. Clips
    are named as in NTU RGB+D (setup, camera, performer, repetition, action) and split as there: `xsub` by subjects,
    `xview` (cameras 2 and 3 train, 1 tests) and `xset` (even setups train). The second person of an action of two
    performs nowhere else. The same seed gives the same clips, and a clip does not depend on the number of others. One
    of five subjects is left-handed.

    With `recordings` the clips are untrimmed: a subject performs the 21 actions for one person in random order, with
    rest between them, in three recordings a repetition. Segments mark the actions; a clip's label is -1, and its name
    has the number of the recording (`N`) in place of the action. Class names, splits and cameras are the same.

    With `interactions` the classes are 8 actions of two people: four in which both walk, two in which both wave, two in
    which one waves. Only the place of the partner, or the order in time, tells those of a group apart.

    The motions exercise software and show learning. They are no model of people: accuracies on them compare only with
    each other.

    Args:
        path: folder of the store.
        subjects: number of people, at least 2.
        repetitions: performances of each action by each subject.
        seed: seed of all random numbers.
        noise: standard deviation of the position error of a trunk joint, in metres; that of hands and feet is larger.
        dropout: share of joints and frames in which the tracker loses a joint.
        recordings: write untrimmed recordings of several actions in place of a clip an action.
        interactions: write the actions of two in place of the 26.
        overwrite: replace an existing store.
        progress: show a progress bar on a terminal.

    Raises:
        DataError: a number is out of its range.
        StoreError: `path` exists, or cannot be written.
    """
    for key, value, least in (("subjects", subjects, 2), ("repetitions", repetitions, 1), ("seed", seed, 0)):
        if value < least:
            raise DataError(f"{key} must be at least {least}, found {value}")
    if not noise >= 0 or not 0 <= dropout < 1:
        raise DataError(f"noise must be 0 or more and dropout in [0, 1), found noise={noise}, dropout={dropout}")
    if recordings and interactions:
        raise DataError("recordings are of one person: say recordings=true or interactions=true, found both")
    topology, actions = Topology.load("ntu_rgbd"), load_actions("interactions.yaml" if interactions else "actions.yaml")
    sensor = Sensor(topology, noise, dropout)
    people = [
        Performer.draw(np.random.default_rng((seed, _PERFORMER, subject)), left_handed=subject % 5 == 1)
        for subject in range(subjects)
    ]
    ids = []
    writer = StoreWriter(
        path,
        topology,
        [action.name for action in actions],
        source=f"synthetic {'interactions' if interactions else 'actions'} of skgraph, seed {seed}",
        dtype="float16",
        fps=FPS,
        overwrite=overwrite,
    )
    # A performance is an action, or one of the recordings of a repetition.
    letter, count = ("N", RECORDINGS) if recordings else ("A", len(actions))
    plan, total = product(range(subjects), range(repetitions), range(count)), subjects * repetitions * count
    hidden = None if progress else True  # None: shown on a terminal
    with writer, tqdm(plan, "performing", total, unit="performance", disable=hidden) as performances:
        for performance in performances:
            subject, repetition, number = performance
            rng = np.random.default_rng((seed, _PERFORMANCE, *performance))
            if recordings:
                labels = plan_recordings(np.random.default_rng((seed, _PLAN, subject, repetition)))[number]
                joints, spans = perform_recording([actions[i] for i in labels], people[subject], topology, rng)
                y, segments = -1, np.column_stack([labels, spans])
            else:
                cast = [people[subject]]
                if actions[number].gap is not None:
                    cast.append(Performer.draw(np.random.default_rng((seed, _PARTNER, *performance))))
                joints, y, segments = perform(actions[number], cast, topology, rng), number, None
            setup = 1 + (subject + repetition) % len(SETUPS)
            for camera, azimuth in AZIMUTHS.items():
                seen = to_camera(joints, azimuth, *SETUPS[setup])
                tracked, frame_mask = sensor.track(seen, np.random.default_rng((seed, _TRACKING, *performance, camera)))
                name = f"S{setup:03d}C{camera:03d}P{subject + 1:03d}R{repetition + 1:03d}{letter}{number + 1:03d}"
                ids.append((subject + 1, camera, setup))
                writer.add(
                    tracked,
                    y=y,
                    name=name,
                    frame_mask=frame_mask,
                    subject=subject + 1,
                    camera=camera,
                    setup=setup,
                    segments=segments,
                )
        subject_of, camera_of, setup_of = np.array(ids).T
        for name, train, how in (
            # Two of four, so that both sides have even and odd setups.
            ("xsub", np.isin(subject_of % 4, (0, 1)), "every first and fourth of four subjects trains"),
            ("xview", np.isin(camera_of, (2, 3)), "cameras 2 and 3 train, 1 tests"),
            ("xset", setup_of % 2 == 0, "even setups train"),
        ):
            writer.add_split(name, np.flatnonzero(train), np.flatnonzero(~train), how)
    return SkeletonStore.open(path)
