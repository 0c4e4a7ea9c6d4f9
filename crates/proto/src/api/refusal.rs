//! Why a node did not do what it was asked.

/// Why a command was not done. Each has its sentence on the screen.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The account began already, or has not begun.
    #[error("the account is not ready for that")]
    Account,
    /// The account was closed.
    #[error("the account is closed")]
    Closed,
    /// There is nothing in it.
    #[error("there is nothing in it")]
    Empty,
    /// Fewer friends than are needed, more than may be, or somebody who is none.
    #[error("these are not three to ten friends")]
    Friends,
    /// Not all that others told of is here yet.
    #[error("not all of it is here yet")]
    Incomplete,
    /// The letter is damaged, too old, or not for this device.
    #[error("the letter is of no use here")]
    Letter,
    /// The account does not name this device.
    #[error("this device does not belong to the account")]
    NotMember,
    /// The number is not the one that the other device shows.
    #[error("this is not the number on the other device")]
    Number,
    /// There is no room for it on this device.
    #[error("there is no room for it")]
    NoRoom,
    /// The picture carries data beyond its pixels, or is none.
    #[error("the picture cannot be posted as it is")]
    Picture,
    /// This device has no power for that.
    #[error("this device has no power for that")]
    Power,
    /// This device was removed from the account.
    #[error("this device was removed from the account")]
    Removed,
    /// This device must not write before its own feed is repaired.
    #[error("this device must not write yet")]
    Repairing,
    /// One's own invite, or oneself.
    #[error("that is yourself")]
    Self_,
    /// Too long.
    #[error("it is too long")]
    TooLong,
    /// Too much was said about devices already.
    #[error("no more can be said about devices")]
    TooMany,
    /// This device was added less than a day ago by another.
    #[error("a new device has to wait for a day")]
    TooSoon,
    /// The entry is not here or not one's own.
    #[error("the entry is not here")]
    Unknown,
    /// The video carries what cannot be taken out of it, or is none.
    #[error("the video cannot be posted as it is")]
    Video,
    /// These are not the words of this account, or there are none here.
    #[error("these are not the words of this account")]
    Words,
}
