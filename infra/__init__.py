"""The stack of one stage, synthesised with CDK from `kizuna.topology` and `kizuna.toml`."""

import os
import sys
from pathlib import Path

# CDK runs on node, which the environment brings along: prefer it to whatever the machine has.
_node = Path(sys.executable).with_name("node")
if _node.exists():
    os.environ.setdefault("JSII_NODE", str(_node))
