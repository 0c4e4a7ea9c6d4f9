//! Where the app as a whole stands.

use effigy_core::backup::BackupError;
use effigy_core::lock::Lock;
use effigy_core::mnemonic::Words;
use effigy_core::passphrase::PassphraseError;
use effigy_core::share::Gathering;
use effigy_proto::backup::ItemError;
use effigy_proto::{Keys, Picture, Repair, Ticket};
use futures_channel::oneshot;
use leptos::prelude::{LocalStorage, RwSignal, StoredValue};
use web_sys::File;
use zeroize::Zeroizing;

/// Where the app as a whole stands: what fills the page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Phase {
    /// Nothing works, for this reason.
    Broken(Fault),
    /// The last starts came to nothing: the person says how to start now.
    Careful,
    /// The account began elsewhere, and this device is about to belong to it.
    Joining,
    /// What was kept is being read.
    Loading,
    /// The keys are behind the app lock.
    Locked,
    /// This device can write nothing any more.
    Out(Out),
    /// Another tab of this browser writes.
    OtherTab,
    /// The store is not what it was when this device last wrote.
    Repair(Damage),
    /// The app is in use.
    Running,
    /// Nobody has an account here yet.
    Welcome,
}

/// What became of the store.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Damage {
    /// It is older than what is known of this device's feed: the rest is being fetched.
    Behind(Repair),
    /// There was an account here, and its keys are gone or cannot be opened.
    KeysLost,
    /// The keys are behind the app lock, and nobody can open that.
    LockForgotten,
}

/// Why this device can write nothing any more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Out {
    /// The account was closed.
    Closed,
    /// Another device, or the words, removed this one.
    Removed {
        /// How many of its entries still count for everybody else.
        counts: u64,
        /// How many it wrote.
        of: u64,
    },
}

/// Why nothing works. None of these is cured by trying again at once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    /// The page was not opened over HTTPS (or on this very machine), so the browser gives it neither
    /// locks nor keys.
    Insecure,
    /// The store was written by a later version of this app.
    LaterVersion,
    /// The browser keeps nothing for this page: private mode, or storage is switched off.
    NoStore,
    /// The engine ended; what was posted before is kept.
    Stopped,
    /// The browser tells no tab of the other, so that two could write at once.
    Unguarded,
    /// The browser lacks something that this app needs.
    Unsupported,
}

/// How what was kept is opened.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Opening {
    /// Without what others posted and without pictures: one of them may be what stops the app.
    OwnOnly,
    /// After all of it was read and looked through.
    Thorough,
    /// The newest posts first.
    #[default]
    Usual,
}

/// What only `start` can do, because no engine runs yet or none may.
#[derive(Debug)]
pub(crate) enum Wish {
    /// Begin the account of these words anew, because nobody has it any more.
    BeginAnew,
    /// Put the keys behind another lock, or behind none, and tell whether that is durable.
    ChangeLock(Option<Lock>, oneshot::Sender<bool>),
    /// Forget the recovery words: the person has written them down.
    ForgetWords(Ticket),
    /// Tell what friends have given so far of an account that is to come back.
    Gather {
        /// Whether to begin anew beside what cannot be read.
        anew: bool,
        /// Who is told; `None` where nothing can be begun.
        tell: oneshot::Sender<Option<Gathered>>,
    },
    /// Belong to the account that has let this device in.
    Join {
        /// Where the account is met.
        hubs: Vec<String>,
        /// The keys of this device.
        keys: Box<Keys>,
    },
    /// Keep what friends have given so far, and tell whether it is durable.
    KeepGathering(Box<Gathering>, oneshot::Sender<bool>),
    /// Take the account out of this browser, with all that is kept of it here.
    Leave,
    /// Run an engine for linking this device, which has no account.
    Link,
    /// Show the ways back to the account that need no lock.
    LockForgotten,
    /// Open what was kept in this way, after starts that came to nothing.
    Open(Opening),
    /// Make keys for a new device of the account of these words.
    Recover(Words),
    /// Make keys for a new device of the account of this backup, and keep what is in it.
    Restore(Restore),
    /// Tell the recovery words, while this device still has them.
    ShowWords(oneshot::Sender<Option<Words>>),
    /// Make keys and a new account, then hand on [`effigy_proto::Command::Begin`] with this ticket.
    Start(NewAccount),
    /// Give up what is left of the lost account: forget its keys and its store, and go to Welcome.
    StartOver,
    /// Look at the keys again: their lock is open.
    Unlocked,
    /// Take over from the other tab.
    UseHere,
}

/// What friends have given so far of an account that is to come back.
#[derive(Debug)]
pub(crate) enum Gathered {
    /// This, or nothing yet.
    Here(Gathering),
    /// Something that cannot be read now. It stays as it is.
    Unreadable,
}

/// What a newcomer entered.
#[derive(Debug)]
pub(crate) struct NewAccount {
    /// What the browser is called among the person's devices, such as "Firefox on Linux".
    pub(crate) device_name: String,
    /// What they are called.
    pub(crate) name: String,
    /// Their picture.
    pub(crate) picture: Option<Picture>,
    /// Comes back when the account is durable.
    pub(crate) ticket: Ticket,
}

/// A backup that is to be restored.
#[derive(Debug)]
pub(crate) struct Restore {
    /// The file.
    pub(crate) file: StoredValue<File, LocalStorage>,
    /// False once the person wants it no longer.
    pub(crate) goes_on: RwSignal<bool>,
    /// What it was sealed with.
    pub(crate) passphrase: Zeroizing<String>,
    /// How far it is.
    pub(crate) state: RwSignal<Restoring>,
}

/// How far restoring a backup is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Restoring {
    /// It is looked through; nothing is written. In bytes of the file.
    Checking {
        /// How many there are.
        all: u64,
        /// How many were read.
        done: u64,
    },
    /// Nothing came of it, and nothing was changed.
    Failed(BackupFault),
    /// Nothing is being restored.
    #[default]
    Idle,
    /// The key is made of the passphrase.
    Opening,
    /// It is written into the store.
    Writing {
        /// How many bytes of the file there are.
        all: u64,
        /// How many were written.
        done: u64,
    },
}

/// Why a backup was neither written nor restored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum BackupFault {
    /// The file is none, or the passphrase another one.
    Backup(BackupError),
    /// The person wanted it no longer.
    Cancelled,
    /// Its account is another one of this browser.
    HereAlready,
    /// What was sealed is not what a backup holds.
    Item(ItemError),
    /// There is not enough memory for the passphrase's key, or it is too long.
    Memory,
    /// There is not enough room for all of it.
    NoRoom,
    /// It is of another account than the one whose remains are here.
    OtherAccount,
    /// The store cannot be read, or takes nothing.
    Store {
        /// Whether for want of room.
        full: bool,
    },
    /// The file changed or is gone.
    Unreadable,
}

impl From<BackupError> for BackupFault {
    fn from(error: BackupError) -> Self {
        Self::Backup(error)
    }
}

impl From<ItemError> for BackupFault {
    fn from(error: ItemError) -> Self {
        Self::Item(error)
    }
}

impl From<PassphraseError> for BackupFault {
    fn from(_: PassphraseError) -> Self {
        Self::Memory
    }
}

/// By what a device comes into an account that began elsewhere.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Way {
    /// By a backup.
    Backup,
    /// Another device of the account adds it.
    #[default]
    Device,
    /// By the recovery words.
    Words,
}

impl Way {
    /// The way for which these keys were made.
    pub(crate) const fn of(keys: &Keys) -> Self {
        match (&keys.voucher, &keys.words) {
            (Some(_), _) => Self::Backup,
            (None, Some(_)) => Self::Words,
            (None, None) => Self::Device,
        }
    }
}
