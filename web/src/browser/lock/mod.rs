//! The right to write in an account: at most one tab of this browser has it.
//!
//! Two tabs that sign entries of one feed would fork it. So a tab starts the engine only while it
//! holds this lock, and stops it at once when somebody took the lock away.

mod lease;
#[cfg(test)]
mod tests;
mod web_locks;

pub(crate) use lease::Lease;
pub(crate) use web_locks::{Held, Manager};

/// How a tab comes to the lock.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum How {
    /// Takes it away from whoever has it.
    ByForce,
    /// Only if nobody has it.
    IfFree,
    /// Waits until nobody has it.
    InTurn,
}

/// What this browser has for a lock.
pub(crate) enum Locks {
    /// A record in `localStorage` that has to be renewed: for browsers without locks.
    Leases,
    /// The browser's own locks, which end with the tab.
    Manager(Manager),
}

/// The lock. Given back when dropped.
pub(crate) enum Lock {
    Held(Held),
    Lease(Lease),
}

impl Locks {
    /// The best that this browser has. `None` where nothing tells one tab of the other: then none may
    /// write.
    pub(crate) fn find() -> Option<Self> {
        let leases = || lease::is_possible().then_some(Self::Leases);
        Manager::find().map(Self::Manager).or_else(leases)
    }

    /// Takes the lock. `None` when somebody else has it, which happens with [`How::IfFree`] only.
    /// Dropped half-way, nothing is taken.
    pub(crate) async fn take(&self, how: How) -> Option<Lock> {
        match self {
            Self::Leases => lease::take(how).await.map(Lock::Lease),
            Self::Manager(manager) => manager.take(how).await.map(Lock::Held),
        }
    }
}

impl Lock {
    /// Ends when somebody else took the lock away.
    pub(crate) async fn lost(&mut self) {
        match self {
            Self::Held(held) => held.lost().await,
            Self::Lease(lease) => lease.lost().await,
        }
    }
}
