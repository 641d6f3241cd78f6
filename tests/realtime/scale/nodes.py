"""A Ray cluster of three nodes on this machine, in a process of its own: ``python nodes.py FOLDER``.

It prints its address. A line ``remove`` on standard input kills a node other than the head; the end of the input ends
the cluster.
"""

import os
import sys
import warnings

warnings.simplefilter("ignore")
os.environ |= {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_enable_metrics_collection": "0",
    "RAY_TMPDIR": sys.argv[1],  # otherwise it expects /tmp/ray, and writes its address there
}

from ray.cluster_utils import Cluster  # noqa: E402

BYTES = 100 * 1024**2
PATIENCE_S = 300


def main() -> None:
    shared = {"num_cpus": 2, "object_store_memory": BYTES}
    cluster = Cluster(initialize_head=True, head_node_args={**shared, "include_dashboard": False})
    others = [cluster.add_node(**shared, wait=False) for _ in range(2)]
    cluster.wait_for_nodes(timeout=PATIENCE_S)
    print(cluster.address, flush=True)
    for line in sys.stdin:
        if line.strip() == "remove":
            cluster.remove_node(others.pop(), allow_graceful=False)
        elif line.strip() == "add":
            others.append(cluster.add_node(**shared, wait=False))
            cluster.wait_for_nodes(timeout=PATIENCE_S)
        print("done", flush=True)
    cluster.shutdown()


if __name__ == "__main__":
    main()
