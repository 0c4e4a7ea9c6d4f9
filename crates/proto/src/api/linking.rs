//! Linking a device, as a person asks for it and is told of it.

use effigy_core::Identity;
use effigy_core::Time;
use effigy_core::link::{Emoji, Offer, Token};

/// What a person may ask about linking. Answered by [`Event::Linking`](crate::Event::Linking).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LinkCommand {
    /// On the device that belongs to the account: let the other one in. The number is what that one shows;
    /// there is one try.
    Approve {
        /// Whether it may do everything, or only post.
        full: bool,
        /// The number.
        number: u8,
        /// The device whose place it takes: one that lost what it kept, and comes back.
        replaces: Option<Identity>,
    },
    /// Stop.
    Cancel,
    /// Take what the other device shows.
    Claim {
        /// What this device is called, should it be the new one.
        name: String,
        /// What was scanned, pasted or typed.
        shown: Shown,
    },
    /// On the new device: the pictures are the same on both.
    Confirm,
    /// Show an offer.
    Show {
        /// The origin of the hub where the two are to meet.
        hub: String,
        /// What this device is called, should it be the new one.
        name: String,
    },
}

/// What one takes of what the other device shows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Shown {
    /// Its letters, and the origin of the hub where the two are to meet.
    Letters {
        /// The hub.
        hub: String,
        /// What the letters say.
        token: Token,
    },
    /// All of it.
    Offer(Offer),
}

/// Where linking stands on this device.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Linking {
    /// The hub, or the other device, is being reached.
    Connecting,
    /// It is done.
    Done(Linked),
    /// It came to nothing, and nothing has changed.
    Failed(LinkFailure),
    /// This is to be taken by the other device.
    Showing {
        /// What.
        offer: Offer,
        /// Until when it may be taken.
        until: Time,
    },
    /// Both agreed; the account is being told.
    Transferring,
    /// Both show the same pictures, if nobody is between them.
    Verifying {
        /// What the new device is called, on the other, once it has said so.
        name: Option<String>,
        /// The number, on the new device alone.
        number: Option<String>,
        /// The pictures.
        pictures: Vec<Emoji>,
    },
    /// This person has said yes; the other device has yet to.
    Waiting,
}

/// What came of linking.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Linked {
    /// Here, on the device that let the other one in.
    Added {
        /// The device that is new.
        device: Identity,
    },
    /// Here, on the new device: from now on it belongs to this account. Its keys are to be kept with that.
    Joined {
        /// Hubs where the account is met, the most used first.
        hubs: Vec<String>,
        /// What the person is called.
        name: String,
        /// The account.
        synod: Identity,
    },
}

/// Why linking came to nothing. Each has its sentence on the screen.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkFailure {
    /// The other device belongs to this account already.
    #[error("the devices belong to one account already")]
    AlreadyLinked,
    /// Somebody stopped it on the other device, or that is gone.
    #[error("the other device stopped")]
    Cancelled,
    /// The number was not the one that the other device shows.
    #[error("the numbers are not the same")]
    Declined,
    /// Nobody took the offer in time, or the two took too long.
    #[error("it took too long")]
    Expired,
    /// Not all that others told of is here of the device whose place the new one was to take.
    #[error("not all of the device that it replaces is here")]
    Incomplete,
    /// The hub knows no such offer, or no longer.
    #[error("there is no such code")]
    Invalid,
    /// This device may not add others.
    #[error("this device may not add others")]
    NotAllowed,
    /// The hub cannot be reached, or was lost.
    #[error("the hub cannot be reached")]
    Offline,
    /// The other device belongs to another account.
    #[error("the other device belongs to another account")]
    OtherAccount,
    /// Neither device has an account.
    #[error("neither device has an account")]
    NoAccount,
    /// The hub takes no more offers or tries for now.
    #[error("too often")]
    TooOften,
    /// The code was used twice.
    #[error("somebody else used the code, too")]
    Twice,
    /// What came is not what was promised: somebody may be between the two.
    #[error("somebody may be in between")]
    Untrusted,
}
