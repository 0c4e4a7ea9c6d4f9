//! Recovery by friends, as a person is told of it.

use effigy_core::{Identity, Time};

/// What stands of shares: of the own account, in the hands of friends, and of friends' accounts, here.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Shares {
    /// Shares of others that this device keeps for them, by account.
    pub held: Vec<HeldShare>,
    /// The set that this device gave to friends.
    pub set: Option<ShareSet>,
    /// People who have yet to hear that their share is no longer kept here.
    pub untold: Vec<Identity>,
    /// Friends who have yet to hear that a former set counts no longer.
    pub voided: Vec<Identity>,
}

/// A set of shares that was given to friends.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ShareSet {
    /// The friends, and how far each is.
    pub friends: Vec<(Identity, ShareState)>,
    /// When it was made.
    pub made: Time,
    /// How many of them are enough.
    pub need: u8,
}

/// How far a share is that was given to a friend.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ShareState {
    /// They said at this time that they have it.
    Held(Time),
    /// They gave it back, or did not take it.
    Returned,
    /// It waits on this device until both are there.
    Underway,
}

/// A share that this device keeps for somebody.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HeldShare {
    /// Until when the share before it is kept as well: somebody else may have put this one in its place.
    pub former: Option<Time>,
    /// Whether its owner no longer wants it kept. It is the former one then, and stays for a while: somebody
    /// else may have said so.
    pub is_voided: bool,
    /// How many of the set are enough.
    pub need: u8,
    /// How many there are.
    pub of: u8,
    /// Since when it is here.
    pub since: Time,
    /// Whose it is.
    pub synod: Identity,
}
