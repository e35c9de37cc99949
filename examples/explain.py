"""Ask which joints matter when: `torch_geometric.explain` on the encoder that ships with skgraph.

Run: python examples/explain.py
"""

import torch
from torch_geometric.explain import Explainer, Explanation
from torch_geometric.explain.algorithm import ExplainerAlgorithm

from skgraph import SkeletonData
from skgraph.build import open_store
from skgraph.evaluation import PretrainedRun, clip_features
from skgraph.evaluation.classifiers.linear_probe import fit_linear


class FromStandingStill(ExplainerAlgorithm):
    """Integrated gradients (Sundararajan et al., ICML 2017) along the way from a body that keeps its mean pose.

    The values of all nodes add up to the change of the class's score on that way.
    """

    def forward(self, model, x, edge_index, *, target, index=None, steps=16):
        frames = x.unflatten(0, (-1, topology.num_joints))
        still = frames.mean(dim=0).expand_as(frames).flatten(0, 1)
        gradient = torch.zeros_like(x)
        for share in (torch.arange(steps) + 0.5) / steps:
            point = torch.lerp(still, x, share).requires_grad_()
            gradient += torch.autograd.grad(model(point, edge_index)[0, target[0]], point)[0] / steps
        return Explanation(node_mask=((x - still) * gradient).sum(dim=1, keepdim=True))

    def supports(self):
        return True


class Classifier(torch.nn.Module):
    """The encoder on one body, and a linear probe of its mean token."""

    def __init__(self):
        super().__init__()
        self.encoder = encoder

    def forward(self, x, edge_index):  # the encoder has the edges from its topology
        return probe(self.encoder(x.unflatten(0, (1, -1, topology.num_joints))).mean(dim=1))


store, split = open_store({"root": "data/small_synthetic", "synthetic": {"subjects": 4, "repetitions": 1}})
topology, classes = store.topology, store.class_names
run = PretrainedRun.open("builtin").on(topology)
encoder, views = run.encoder().eval(), run.views(topology)
clips = {side: run.dataset(store, split, side) for side in ("train", "test")}
train, test = (clip_features(encoder, clips[side], views, torch.device("cpu")) for side in clips)
probe = fit_linear(train.x, train.y, len(classes))
predicted = probe(test.x).argmax(dim=1)
print(f"{(predicted == test.y).float().mean():.1%} of {len(test.y)} clips of other people are recognised")

explainer = Explainer(
    Classifier(),
    FromStandingStill(),
    explanation_type="model",
    node_mask_type="object",
    model_config={"mode": "multiclass_classification", "task_level": "graph", "return_type": "raw"},
)
for action in ("wave", "squat"):
    recognised = clips["test"][(predicted == test.y) & (test.y == classes.index(action))]
    body = SkeletonData.from_joints(views.plain(recognised[0]).joints[:1]).to_pyg(topology)
    values = explainer(body.x, body.edge_index).node_mask.view(-1, topology.num_joints)  # [T, V]
    joints = ", ".join(f"{topology.joints[i]} {values[:, i].sum():.1f}" for i in values.sum(dim=0).topk(4).indices)
    quarters = " ".join(f"{part.sum():.1f}" for part in values.chunk(4))
    print(f"'{action}', score {values.sum():+.1f}: {joints}; by quarter of the clip: {quarters}")
