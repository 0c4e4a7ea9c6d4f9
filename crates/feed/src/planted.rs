//! Bugs that are planted on purpose, one at a time, to find out whether the simulator finds them. There
//! are none without the feature `planted`, and nothing that is shipped has it: `cargo xtask tidy` looks.

/// A bug that somebody might well write.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Bug {
    /// Whoever is blocked goes from the screen, and stays on the disk.
    BlockedKept,
    /// A feed with two histories is shown as if it had one.
    ForkUnseen,
    /// An own entry is called durable before it is.
    Hasty,
    /// Whoever answers after they were given up is taken for a liar.
    LateBlamed,
    /// Of what changed since a mark the first is left out.
    MarkSkips,
    /// Misbehaviour is answered, and has no end.
    NeverShutOut,
    /// A picture that is whole now is told to nobody who looks for it.
    PicturesUntold,
    /// What a removed device said stays, whatever counts of it.
    RemovedKept,
    /// Of all who watch a feed only one hears that it moved.
    Silent,
    /// What was taken back is hidden, and stays on the disk.
    TakenBackKept,
    /// The record beside the store is not looked at, and others who have more are not believed.
    Unfenced,
    /// Entries that cannot be judged yet are dropped.
    WaitingDropped,
    /// All that somebody looks for is remembered, however much it is.
    WantsUnbounded,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::BlockedKept,
        Self::ForkUnseen,
        Self::Hasty,
        Self::LateBlamed,
        Self::MarkSkips,
        Self::NeverShutOut,
        Self::PicturesUntold,
        Self::RemovedKept,
        Self::Silent,
        Self::TakenBackKept,
        Self::Unfenced,
        Self::WaitingDropped,
        Self::WantsUnbounded,
    ];
}

#[cfg(feature = "planted")]
thread_local! {
    static PLANTED: std::cell::Cell<Option<Bug>> = const { std::cell::Cell::new(None) };
}

/// Plants a bug in everything that this thread does from now on, or takes it out.
#[cfg(feature = "planted")]
pub fn plant(bug: Option<Bug>) {
    PLANTED.set(bug);
}

/// Whether this bug is to be there.
#[cfg(feature = "planted")]
pub fn has(bug: Bug) -> bool {
    PLANTED.get() == Some(bug)
}

/// No bug is there.
#[cfg(not(feature = "planted"))]
#[inline]
pub const fn has(_: Bug) -> bool {
    false
}
