// SPDX-License-Identifier: Apache-2.0

/// Every network namespace, listed again only if there may be others.
public struct KnownNamespaces: Sendable {
    private var changes = ProcessChanges()
    private var places: [NetworkNamespace.Place] = []

    public init() {}

    /// As `NetworkNamespace.all`. One may have gone meanwhile: opening tells.
    /// - Parameters:
    ///   - anew: as they are now, whatever is known.
    ///   - mayList: whether they may be listed again, if there may be others.
    public mutating func all(anew: Bool = false, mayList: Bool = true) -> [NetworkNamespace.Place] {
        if anew || (mayList && changes.areDue()) { places = NetworkNamespace.all() }
        return places
    }
}
