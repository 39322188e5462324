"""A provider on loopback: the wire APIs of SES v2, SNS, SMS v2 and Pinpoint, with an outbox and faults.

```
 boto3 ──▶ server ──▶ exchange ──▶ ses · sns · sms · push   parse, refuse, answer on each wire
                          │  faults       throttle, fail, hang, reset, lose or garble the reply
                          │  world        who bounces, complains, has opted out
                          ├──▶ outbox     what was accepted          ─┐
                          ├──▶ calls      every call and its fate     ├─▶ routes: JSON and the page
                          └──▶ feedback ──▶ events                   ─┘
```
"""

from kizuna.local.providers.calls import Call, Fate
from kizuna.local.providers.double import ProviderDouble
from kizuna.local.providers.events import ProviderEvent, Source
from kizuna.local.providers.faults import Fail, Fault, GarbleReply, Hang, LoseReply, Reset, Throttle
from kizuna.local.providers.outbox import Channel, Outbox, OutboxMessage, Provider
from kizuna.local.providers.world import Behaviour

__all__ = [
    "Behaviour",
    "Call",
    "Channel",
    "Fail",
    "Fate",
    "Fault",
    "GarbleReply",
    "Hang",
    "LoseReply",
    "Outbox",
    "OutboxMessage",
    "Provider",
    "ProviderDouble",
    "ProviderEvent",
    "Reset",
    "Source",
    "Throttle",
]
