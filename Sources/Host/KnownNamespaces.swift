// SPDX-License-Identifier: Apache-2.0

/// Every network namespace, listed again only if there may be others.
public struct KnownNamespaces: Sendable {
    private var changes = ProcessChanges()
    private var places: [NetworkNamespace.Place] = []

    public init() {}

    /// As `NetworkNamespace.all`. One may have gone meanwhile: opening tells.
    /// - Parameter anew: as they are now, whatever is known.
    public mutating func all(anew: Bool = false) -> [NetworkNamespace.Place] {
        if changes.areDue() || anew { places = NetworkNamespace.all() }
        return places
    }
}
