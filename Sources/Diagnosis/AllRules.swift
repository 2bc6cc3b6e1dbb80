// SPDX-License-Identifier: Apache-2.0

extension Diagnosis {
    /// Every rule there is, causes that come before others first.
    public static var allRules: [any Rule] {
        [
            ConntrackTableFull(), SynQueueFull(), OwnerStopped(), AcceptFails(), CPUThrottled(),
            AcceptStalls(), WorkersTooFew(), NotServed(), UnixSocketBacklog(), AcceptQueueOverflow(),
            EphemeralPortsExhausted(), FourTupleTaken(), SourceAddressUnavailable(), ConnectsFailing(),
            PortSearchExpensive(), BindSearchExpensive(), TimeWaitLimit(),
            TCPMemoryPressure(), FirewallDrops(), NoListener(), QueueLostOnClose(), QdiscDrops(),
            Retransmits(), CPUSaturated(),
        ]
    }
}
