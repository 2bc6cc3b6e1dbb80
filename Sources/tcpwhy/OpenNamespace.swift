// SPDX-License-Identifier: Apache-2.0
import Host

/// A namespace held open, which a dictionary can hold.
final class OpenNamespace {
    let value: NetworkNamespace
    var inode: UInt32 { value.inode }

    init(_ value: consuming NetworkNamespace) {
        self.value = value
    }

    /// As `--netns` names it.
    convenience init(named text: String) throws {
        do throws(HostError) {
            guard let name = NetworkNamespace.Name(parsing: text) else {
                throw HostError("find network namespace '\(text)'", detail: "no such name")
            }
            self.init(try NetworkNamespace.open(name))
        } catch {
            throw Failure.failed("\(error)")
        }
    }
}
