"""The 51 actions of PKU-MMD I; the 41 of PKU-MMD II are among them, under the same numbers.

Liu et al., PKU-MMD: A large scale benchmark for continuous multi-modal human action understanding, 2017.
"""

ACTIONS = tuple(
    name.strip()
    for name in """
    bow, brush hair, brush teeth, check time, cheer up, clap, cross hands in front, drink, drop, eat meal or snack,
    fall, give something to other person, hand waving, handshaking, hopping, hugging, jump up, kick other person,
    kick something, make a phone call, pat on back of other person, pick up, play with phone or tablet,
    point finger at other person, point to something, punch or slap other person, push other person,
    put on a hat or cap, put something inside pocket, reading, rub two hands, salute, sit down, stand up,
    take off a hat or cap, take off glasses, take off jacket, take out something from pocket, take a selfie,
    tear up paper, throw, touch back, touch chest, touch head, touch neck, type on a keyboard, use a fan,
    wear jacket, wear glasses, wipe face, writing
    """.split(",")
)
