// SPDX-License-Identifier: Apache-2.0

extension UInt64 {
    /// Later minus earlier of a counter that only grows. A reading below the
    /// earlier one (the counter began anew) gives 0, never a wrapped number.
    package func minus(_ earlier: UInt64) -> UInt64 { self > earlier ? self - earlier : 0 }
}

/// `nil` is "not measured". A zero changes nothing, so `nil` stands only while
/// nobody measured anything.
func sum(_ left: UInt64?, _ right: UInt64?) -> UInt64? {
    switch (left, right) {
    case (nil, let other), (let other, nil): other == 0 ? nil : other
    case (let left?, let right?): left &+ right
    }
}

func difference(_ later: UInt64?, _ earlier: UInt64?) -> UInt64? {
    later.map { $0.minus(earlier ?? 0) }
}

extension Dictionary where Value == UInt64 {
    public mutating func add(_ other: Self) {
        merge(other) { $0 &+ $1 }
    }

    /// Takes the earlier counts away and keeps only what is left above 0.
    mutating func subtract(_ earlier: Self) {
        for (key, count) in earlier {
            let rest = (self[key] ?? 0).minus(count)
            self[key] = rest == 0 ? nil : rest
        }
    }

    /// Of more than `most` counts those which are largest, and no more than three quarters of that.
    mutating func keepLargest(_ most: Int) {
        guard count > most else { return }
        let rest = sorted { $0.value < $1.value }.prefix(count - most * 3 / 4)
        for (key, _) in rest { self[key] = nil }
    }
}
