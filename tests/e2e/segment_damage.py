"""What may happen to the files of a queue while nobody looks."""
import errno
import random

PAGE = 4096
# Lets each kind happen at each place, also when there is only one segment.
ROUNDS = (("bit flips", "zeroed page", "truncation"), ("missing file",), ("zeroed file",))


def fill_disk(path):
    """Writes a file until nothing more fits on the disk."""
    with open(path, "wb", buffering=0) as file:
        block = bytes(1 << 20)
        while block:
            try:
                file.write(block)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                block = block[:len(block) // 2]


def flip_bits(file, size, place, chance):
    for _ in range(8):
        at = min(size - 1, place + chance.randrange(PAGE))
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1 << chance.randrange(8)]))


def damage_file(path, kind, where, chance):
    size = path.stat().st_size
    place = {"head": 0, "middle": size // 2, "tail": max(0, size - 2 * PAGE)}[where]
    with open(path, "r+b") as file:
        if kind == "bit flips":
            flip_bits(file, size, place, chance)
        elif kind == "zeroed page":
            file.seek(place)
            file.write(bytes(min(PAGE, size - place)))
        elif kind == "zeroed file":
            file.write(bytes(size))
        else:
            file.truncate(place)


def damage(storage, seed):
    """Damages segments, some of them several times if there are few; says what it did."""
    chance = random.Random(seed)
    segments = sorted(storage.glob("**/*.segment"))
    is_large = len(segments) > 20
    kinds = sum(ROUNDS, ()) if is_large else ROUNDS[(seed - 1) % len(ROUNDS)]
    places = ("head", "middle", "tail") if is_large else (chance.choice(("head", "middle", "tail")),)
    done = []
    for where in places:
        third = {"head": 0, "middle": len(segments) // 3, "tail": 2 * len(segments) // 3}[where]
        end = {"head": len(segments) // 3, "middle": 2 * len(segments) // 3, "tail": len(segments)}[where]
        # The very first and the very last of all are always among them.
        order = list(range(third, max(third + 1, end)))
        if where == "tail":
            order.reverse()
        for i, kind in enumerate(kinds):
            path = segments[order[i % len(order)]]
            inside = chance.choice(("head", "middle", "tail"))
            done.append(f"{kind} in the {inside} of {path.name}, in the {where} of {len(segments)}")
            if kind == "missing file":
                path.unlink()
                segments[order[i % len(order)]] = path
            elif path.exists() and path.stat().st_size > 0:
                damage_file(path, kind, inside, chance)
    return done
