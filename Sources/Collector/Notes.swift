// SPDX-License-Identifier: Apache-2.0

/// What a reader must know beside the figures, each said once.
final class Notes {
    private let say: (String) -> Void
    private var said: Set<String> = []

    init(_ say: @escaping (String) -> Void) {
        self.say = say
    }

    /// - Parameter topic: nothing more is said of it.
    func note(_ topic: String, _ text: String) {
        if said.insert(topic).inserted { say(text) }
    }
}
