"""Persons before a room, drawn by code alone: no picture, no model, no download.

In: a seed, a size, a moment. Out: straight colour and exact alpha of a person (``person``), and a room (``room``);
``sample`` puts both together, ``drawn`` gives stills of sixteen persons.

    appearance ──▶ face, hair, clothes, hand, wear ──Sprite──▶ person ◀── motion
    appearance ──▶ room

Everything is drawn once per person, larger than needed, and area-reduced to premultiplied sprites; a frame only
moves them. Lengths are in heads: 1 is chin to crown, the origin lies between the eyes, u to the right and v down. Light
is computed linearly.
"""
