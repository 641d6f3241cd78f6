"""Persons in front of a room, drawn by code: no photograph, no model, no download.

From a seed, a size and a time, ``person`` draws straight colour and exact alpha of a person, and ``room`` draws a room.
``sample`` combines both; ``drawn`` gives stills of sixteen persons.

    appearance ──▶ face, hair, clothes, hand, wear ──Sprite──▶ person ◀── motion
    appearance ──▶ room

Each part is drawn once per person, larger than needed, and area-reduced to a premultiplied sprite. A frame only moves
the sprites. Lengths are in heads: 1 is chin to crown. The origin lies between the eyes, u points right and v down.
Light is linear.
"""
