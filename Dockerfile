# docker build -t skgraph --build-arg PIP_EXTRA_INDEX_URL=... .   # the index of PyTorch builds without CUDA
# docker run --rm --user "$(id -u)" -v "$PWD:/work" skgraph pretrain
FROM python:3.12-slim

COPY pyproject.toml README.md LICENSE constraints.txt /skgraph/
COPY skgraph /skgraph/skgraph
COPY topologies /skgraph/topologies
COPY configs /skgraph/configs
# pip reads it; without it PyTorch brings CUDA, some gigabytes.
ARG PIP_EXTRA_INDEX_URL
RUN pip install --no-cache-dir -c /skgraph/constraints.txt /skgraph \
    && useradd --uid 1000 --no-create-home skgraph \
    && mkdir /work \
    && chown skgraph /work

USER 1000
# Any --user may write there.
ENV HOME=/tmp
WORKDIR /work
ENTRYPOINT ["skgraph"]
CMD ["--help"]
