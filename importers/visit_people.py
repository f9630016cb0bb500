"""Persons by their number (人员编号), numbered from 0 in order of appearance.

A hash table on text, written on ints and arrays only so that it can be compiled. Equal means
equal byte for byte, spaces around left out.

A table of a city's people does not fit the processor's cache, and with ten million visits every
look at a far place counts. So an entry holds the text itself, seven bytes to a word, and a visit
looks at one place only; and the places of a block of visits are touched before they are needed,
so that the processor fetches them side by side instead of one after another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger.benefits.compiled import machine_code

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.integer[Any]]

BLANK = -1

BLOCK = 256
_SPACE = 32
_WORD_BYTES = 7
_HASH_START = 0x11C9DC5
_HASH_PRIME = 16_777_619
_HASH_BITS = 0x7FFFFFFF
_HALF_WORD_BITS = 28
_HALF_WORD = (1 << _HALF_WORD_BITS) - 1
_LOW_HALF = 0xFFFFFFFF


def number_texts(
    data: Ints,
    ends: Ints,
    slots: Ints,
    width: int,
    people: int,
    words: Ints,
    places: Ints,
    codes: Ints,
) -> int:
    """Number the texts of one column.

    Args:
        data, ends: the bytes of all cells, and where each begins and the last one ends.
        slots: a power of two of entries of `width` words, of which some stay empty. The first
            word of an entry is the length of the text in its upper half and the person's number
            plus one in its lower half; then come the text's words.
        people: how many there are so far.
        words, places: room for a block of visits.
        codes: filled; BLANK where there is nothing but spaces.

    Returns:
        how many persons there are now.
    """
    size = len(slots)
    touched = 0
    for first in range(0, len(codes), BLOCK):
        rows = len(codes) - first if len(codes) - first < BLOCK else BLOCK
        for row in range(rows):
            pack(data, ends[first + row], ends[first + row + 1], words, row * width, width)
            places[row] = place_of(words, row * width, width, size)
        for row in range(rows):
            touched ^= slots[places[row]]
        for row in range(rows):
            text = row * width
            if words[text] == 0:
                codes[first + row] = BLANK
                continue
            place = find(slots, places[row], words, text, width)
            if slots[place] == 0:
                people += 1
                slots[place] = words[text] << 32 | people
                for k in range(1, width):
                    slots[place + k] = words[text + k]
            codes[first + row] = (slots[place] & _LOW_HALF) - 1
    # Never so; but what was touched must be used, or the compiler would leave it out.
    return -people if touched == -1 else people


def move_slots(old: Ints, old_width: int, slots: Ints, width: int, words: Ints) -> None:
    """Enter everything in a larger table, or in one with more words."""
    for entry in range(0, len(old), old_width):
        if old[entry] != 0:
            for k in range(width):
                words[k] = old[entry + k] if k < old_width else 0
            words[0] = old[entry] >> 32
            place = find(slots, place_of(words, 0, width, len(slots)), words, 0, width)
            for k in range(1, width):
                slots[place + k] = words[k]
            slots[place] = old[entry]


def pack(data: Ints, start: int, end: int, words: Ints, text: int, width: int) -> None:
    """At `text`: the length of a cell without the spaces around it, then its bytes."""
    while start < end and data[start] <= _SPACE:
        start += 1
    while start < end and data[end - 1] <= _SPACE:
        end -= 1
    words[text] = end - start
    for k in range(1, width):
        word = 0
        if end - start >= _WORD_BYTES:  # Without a question per byte, hence quicker.
            word = word << 8 | data[start]
            word = word << 8 | data[start + 1]
            word = word << 8 | data[start + 2]
            word = word << 8 | data[start + 3]
            word = word << 8 | data[start + 4]
            word = word << 8 | data[start + 5]
            word = word << 8 | data[start + 6]
            start += _WORD_BYTES
        else:
            while start < end:
                word = word << 8 | data[start]
                start += 1
        words[text + k] = word


def place_of(words: Ints, text: int, width: int, size: int) -> int:
    """Where to look first: FNV over half words in 31 bits, so that no product passes 63."""
    hashed = _HASH_START
    for k in range(width):
        word = words[text + k]
        hashed = ((hashed ^ (word & _HALF_WORD)) * _HASH_PRIME) & _HASH_BITS
        hashed = ((hashed ^ (word >> _HALF_WORD_BITS)) * _HASH_PRIME) & _HASH_BITS
    return ((hashed ^ (hashed >> 15)) & (size // width - 1)) * width


def find(slots: Ints, place: int, words: Ints, text: int, width: int) -> int:
    """The entry of a text, or the empty one where it belongs."""
    while slots[place] != 0:
        equal = slots[place] >> 32 == words[text]
        for k in range(1, width):
            equal = equal and slots[place + k] == words[text + k]
        if equal:
            break
        place += width
        if place == len(slots):
            place = 0
    return place


class People:
    """The persons of a file, batch by batch."""

    def __init__(self) -> None:
        import numpy as np

        self.count = 0
        self._width = 4
        self._slots: Ints = np.zeros(self._width << 12, np.int64)
        self._number = machine_code(number_texts, pack=pack, place_of=place_of, find=find)
        self._move = machine_code(move_slots, place_of=place_of, find=find)

    def codes(self, data: Ints, ends: Ints) -> Ints:
        """The number of each text, int32; BLANK where there is none."""
        import numpy as np

        codes = np.empty(len(ends) - 1, np.int32)
        if not len(codes):
            return codes
        self._make_room(len(codes), int(np.diff(ends).max()))
        words, places = np.empty(BLOCK * self._width, np.int64), np.empty(BLOCK, np.int64)
        self.count = self._number(
            data, ends, self._slots, self._width, self.count, words, places, codes
        )
        return codes

    def _make_room(self, rows: int, longest: int) -> None:
        """For a batch in which every row is a new person, and for its longest text."""
        import numpy as np

        entries = len(self._slots) // self._width
        needed = 1 << (self.count + self.count // 2 + rows).bit_length()
        width = 1 - (-longest // _WORD_BYTES)
        if needed > entries or width > self._width:
            old, old_width = self._slots, self._width
            self._width = max(width, old_width)
            self._slots = np.zeros(max(entries, needed) * self._width, np.int64)
            words = np.empty(self._width, np.int64)
            self._move(old, old_width, self._slots, self._width, words)
