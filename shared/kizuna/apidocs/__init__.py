"""What others may rely on, written down from the code itself: the HTTP API, definitions, events on the bus.

    routes, shapes, replies ──▶ document ──▶ docs/openapi.json ──▶ page
    definition models, bus events ──▶ published ──▶ docs/schemas/*.schema.json

`python -m kizuna.apidocs` writes all of it. No function imports this room; it describes them, from outside.
"""
