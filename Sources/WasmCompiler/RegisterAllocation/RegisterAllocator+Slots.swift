import WebAssembly

/// Spill slots: each spilled value has one slot for its whole lifetime, and values whose lifetimes do not overlap can share one.
struct SpillSlots: ~Copyable {
  /// The virtual registers that need a slot.
  var spilled = FlatArray<UInt32>(minimumCapacity: 1 << 7)
  /// The lifetimes that need slots of the current size, by their starts.
  var lives = FlatArray<Life>(minimumCapacity: 1 << 7)
  /// A heap of slots in use, by their ends.
  var taken = FlatArray<(end: UInt32, slot: UInt32)>(minimumCapacity: 1 << 5)
  /// Free slots; some may be in use again, because they were requested by number.
  var free = FlatArray<UInt32>(minimumCapacity: 1 << 5)
  var isFree = FlatArray<Bool>(minimumCapacity: 1 << 5)

  struct Life: BitwiseCopyable {
    var from: UInt32
    var to: UInt32
    var register: UInt32
  }

  init() {}

  /// Takes a slot for a lifetime, preferably a given one; slots are numbered by size.
  mutating func take(_ life: Life, preferring wanted: UInt32) -> UInt32 {
    while !taken.isEmpty, taken[0].end <= life.from {
      let slot = removeFirstTaken()
      isFree[slot] = true
      free.append(slot)
    }
    var slot = LiveSegment.none
    if wanted != LiveSegment.none, isFree[wanted] {
      slot = wanted
    } else {
      while slot == LiveSegment.none, !free.isEmpty {
        let candidate = free.removeLast()
        if isFree[candidate] { slot = candidate }
      }
    }
    if slot == LiveSegment.none {
      slot = UInt32(isFree.count)
      isFree.append(false)
    }
    isFree[slot] = false
    insertTaken(life.to, slot)
    return slot
  }

  private mutating func insertTaken(_ end: UInt32, _ slot: UInt32) {
    taken.append((end, slot))
    var child = taken.count - 1
    while child > 0, taken[(child - 1) / 2].end > end {
      taken[child] = taken[(child - 1) / 2]
      child = (child - 1) / 2
    }
    taken[child] = (end, slot)
  }

  private mutating func removeFirstTaken() -> UInt32 {
    let slot = taken[0].slot
    let last = taken.removeLast()
    guard !taken.isEmpty else { return slot }
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < taken.count else { break }
      if child + 1 < taken.count, taken[child + 1].end < taken[child].end { child += 1 }
      guard taken[child].end < last.end else { break }
      taken[parent] = taken[child]
      parent = child
    }
    taken[parent] = last
    return slot
  }
}

extension RegisterAllocator {
  /// Assigns slots to spilled registers: first those of 16 bytes, then those of 8 after them.
  mutating func assignSlots(_ function: inout MachineFunction) {
    let pairs = assignSlots(function, isPair: true, firstSlot: 0)
    let singles = assignSlots(function, isPair: false, firstSlot: 2 * pairs)
    function.spillSlotCount = Int(2 * pairs + singles)
    slots.spilled.removeAll()
  }

  private mutating func assignSlots(_ function: borrowing MachineFunction, isPair: Bool, firstSlot: UInt32) -> UInt32 {
    slots.lives.removeAll()
    slots.taken.removeAll()
    slots.free.removeAll()
    slots.isFree.removeAll()
    for register in slots.spilled.elements where (function.types[register] == .v128) == isPair {
      let first = records[register].firstSegment
      var last = first
      while segments[last].next != LiveSegment.none { last = segments[last].next }
      slots.lives.append(SpillSlots.Life(from: segments[first].from, to: segments[last].to, register: register))
    }
    var lives = slots.lives.elements
    lives.sort { ($0.from, $0.register) < ($1.from, $1.register) }
    let size: UInt32 = isPair ? 2 : 1
    for life in lives {
      // A value that is copied to or from another one at its end shares its slot, so that there is nothing to copy. (A vector and a
      // number cannot share one: their slots differ in size.)
      var related = records[life.register].related
      if related != LiveSegment.none, (function.types[related] == .v128) != isPair { related = LiveSegment.none }
      var wanted = records[life.register].slot
      if wanted == LiveSegment.none, related != LiveSegment.none { wanted = records[related].slot }
      if wanted != LiveSegment.none { wanted = (wanted - firstSlot) / size }
      let slot = firstSlot + size * slots.take(life, preferring: wanted)
      records[life.register].slot = slot
      if related != LiveSegment.none, records[related].slot == LiveSegment.none { records[related].slot = slot }
    }
    return UInt32(slots.isFree.count)
  }
}
