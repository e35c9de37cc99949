"""Classify actions with a plain GCN: a skeleton dataset, and PyTorch Geometric for all the rest.

Run: python examples/pyg_classifier.py
"""

import torch
import torch_geometric.transforms as T
from torch.nn import Linear, Module
from torch.nn.functional import cross_entropy
from torch_geometric.loader import DataLoader
from torch_geometric.nn import GCN, global_max_pool, global_mean_pool

from skgraph import SkeletonDataset
from skgraph.build import open_store
from skgraph.transforms import AddEdges, Center


def add_motion(clip):
    """Put the step from the frame before beside the position of each joint."""
    steps = clip.joints.diff(dim=1, prepend=clip.joints[:, :1])
    clip.x = torch.cat([clip.pos, 10 * steps.flatten(0, 2)], dim=1)
    return clip


class Classifier(Module):
    def __init__(self, channels, classes, width=64):
        super().__init__()
        self.gnn = GCN(channels, width, num_layers=3, norm="batch_norm")
        self.head = Linear(2 * width, classes)

    def forward(self, x, edge_index, batch):
        h = self.gnn(x, edge_index)
        return self.head(torch.cat([global_mean_pool(h, batch), global_max_pool(h, batch)], dim=1))


torch.manual_seed(0)
store, split = open_store({"root": "data/small_synthetic", "synthetic": {"subjects": 4, "repetitions": 1}})
topology = store.topology
steps = [Center(topology, mode="frame"), add_motion, AddEdges(topology), T.RemoveIsolatedNodes()]
train, test = (SkeletonDataset(store, split, side, frames=16, transform=T.Compose(steps)) for side in ("train", "test"))
print(train[0])

model = Classifier(train.num_features, train.num_classes)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(6):
    for graphs in DataLoader(train, batch_size=16, shuffle=True):
        optimizer.zero_grad()
        loss = cross_entropy(model(graphs.x, graphs.edge_index, graphs.batch), graphs.y)
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch + 1}: loss {loss.item():.2f}")

model.eval()
with torch.no_grad():
    right = sum(
        (model(graphs.x, graphs.edge_index, graphs.batch).argmax(dim=1) == graphs.y).sum().item()
        for graphs in DataLoader(test, batch_size=64)
    )
print(f"{right / len(test):.1%} of {len(test)} clips of other people; chance is {1 / test.num_classes:.1%}")
