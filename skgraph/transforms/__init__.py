"""Graph transforms: normalisation, augmentation, streams, edges and masks, on clips and on whole batches."""

from skgraph.transforms.add_edges import AddEdges
from skgraph.transforms.align_body import AlignBody
from skgraph.transforms.center import Center
from skgraph.transforms.compose import Compose
from skgraph.transforms.crop_resample import CropResample
from skgraph.transforms.drop_axis import DropAxis
from skgraph.transforms.drop_frames import DropFrames
from skgraph.transforms.drop_joints import DropJoints
from skgraph.transforms.fill_gaps import FillGaps
from skgraph.transforms.graph_mask import GraphMask
from skgraph.transforms.graph_transform import GraphTransform
from skgraph.transforms.limb_mask import LimbMask
from skgraph.transforms.lower_frame_rate import LowerFrameRate
from skgraph.transforms.map_joints import MapJoints
from skgraph.transforms.motion_aware_joint_mask import MotionAwareJointMask
from skgraph.transforms.motion_aware_token_mask import MotionAwareTokenMask
from skgraph.transforms.random_apply import RandomApply
from skgraph.transforms.random_jitter import RandomJitter
from skgraph.transforms.random_joint_mask import RandomJointMask
from skgraph.transforms.random_reflect import RandomReflect
from skgraph.transforms.random_rotate import RandomRotate
from skgraph.transforms.random_scale import RandomScale
from skgraph.transforms.random_shear import RandomShear
from skgraph.transforms.random_token_mask import RandomTokenMask
from skgraph.transforms.random_translate import RandomTranslate
from skgraph.transforms.scale_body import ScaleBody
from skgraph.transforms.scale_limbs import ScaleLimbs
from skgraph.transforms.semantic_tube_mask import SemanticTubeMask
from skgraph.transforms.swap_sides import SwapSides
from skgraph.transforms.to_bone import ToBone
from skgraph.transforms.to_motion import ToMotion

__all__ = [
    "AddEdges",
    "AlignBody",
    "Center",
    "Compose",
    "CropResample",
    "DropAxis",
    "DropFrames",
    "DropJoints",
    "FillGaps",
    "GraphMask",
    "GraphTransform",
    "LimbMask",
    "LowerFrameRate",
    "MapJoints",
    "MotionAwareJointMask",
    "MotionAwareTokenMask",
    "RandomApply",
    "RandomJitter",
    "RandomJointMask",
    "RandomReflect",
    "RandomRotate",
    "RandomScale",
    "RandomShear",
    "RandomTokenMask",
    "RandomTranslate",
    "ScaleBody",
    "ScaleLimbs",
    "SemanticTubeMask",
    "SwapSides",
    "ToBone",
    "ToMotion",
]
