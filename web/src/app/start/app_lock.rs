//! The app lock before the keys: what opens it, and what is known of it while it is open. It closes with the
//! page: a page that is locked was loaded anew, so nothing of what it showed or knew is left in it.

use std::cell::RefCell;

use effigy_core::lock::{Lock, Locked, Way};
use effigy_core::passphrase::{Cost, PassphraseError};
use effigy_net_web::random;
use effigy_proto::Keys;
use zeroize::Zeroizing;

use crate::app::Handle;
use crate::browser::passkey::{self, PasskeyFault};
use crate::browser::stretch::stretch;
use crate::browser::tries;

thread_local! {
    static LOCK: RefCell<State> = const { RefCell::new(State::None) };
}

enum State {
    /// The keys are not behind one.
    None,
    /// Nobody has opened it.
    Closed(Locked),
    /// It is open, and closes with the page.
    Open(Lock),
}

impl State {
    const fn way(&self) -> Option<&Way> {
        match self {
            Self::None => None,
            Self::Closed(locked) => Some(locked.way()),
            Self::Open(lock) => Some(lock.way()),
        }
    }
}

/// By what the lock opens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// By a passkey.
    Passkey,
    /// By a passphrase.
    Passphrase,
}

/// What is given to open it.
pub(crate) enum Opener {
    /// What the passkey answers.
    Passkey,
    /// This passphrase.
    Passphrase(Zeroizing<String>),
}

/// What becomes of the lock.
pub(crate) enum Change {
    /// It opens by a new passkey of this name, and by nothing else.
    Passkey(String),
    /// It opens by this passphrase, and by nothing else.
    Passphrase(Zeroizing<String>),
    /// There is none any more.
    Remove,
}

/// Why the lock did not open, or was not changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum LockFault {
    /// There is too little memory for the passphrase's key.
    Memory,
    /// The passkey gave nothing.
    Passkey(PasskeyFault),
    /// The change could not be kept.
    Store,
    /// The next try has to wait.
    TooOften,
    /// It is another passphrase, or the passkey answered something else.
    Wrong,
}

/// By what the lock opens; `None` where there is no lock.
pub(crate) fn kind() -> Option<Kind> {
    LOCK.with_borrow(|state| {
        state.way().map(|way| match way {
            Way::Passkey { .. } => Kind::Passkey,
            Way::Passphrase { .. } => Kind::Passphrase,
        })
    })
}

/// Whether the keys are behind a lock that nobody has opened.
pub(crate) fn is_closed() -> bool {
    LOCK.with_borrow(|state| matches!(state, State::Closed(_)))
}

/// Opens the lock; where it is open, finds out whether somebody could.
///
/// # Errors
/// When it does not open.
pub(crate) async fn open(opener: Opener) -> Result<(), LockFault> {
    if tries::left() > 0 {
        return Err(LockFault::TooOften);
    }
    let Some(way) = LOCK.with_borrow(|state| state.way().cloned()) else { return Ok(()) };
    let answer = match (opener, &way) {
        (Opener::Passphrase(text), Way::Passphrase { cost, salt }) => {
            tries::begin();
            match stretch(&text, salt, *cost).await {
                Ok(made) => Zeroizing::new(*made.bytes()),
                Err(PassphraseError::Memory) => return Err(LockFault::Memory),
                // It is longer than any may be.
                Err(PassphraseError::Cost) => return Err(LockFault::Wrong),
            }
        }
        (Opener::Passkey, Way::Passkey { credential, salt }) => {
            passkey::ask(credential, salt).await.map_err(LockFault::Passkey)?
        }
        _ => return Err(LockFault::Wrong),
    };
    let lock = Lock::new(way, &answer).map_err(|_| LockFault::Wrong)?;
    if !LOCK.with_borrow_mut(|state| accept(state, lock)) {
        return Err(LockFault::Wrong);
    }
    tries::end_well();
    Ok(())
}

/// Whether this opens the lock, which is open then.
fn accept(state: &mut State, lock: Lock) -> bool {
    let is_right = match state {
        State::None => true,
        State::Closed(locked) => lock.open(locked).is_ok(),
        State::Open(open) => open.is_same(&lock),
    };
    if is_right && matches!(state, State::Closed(_)) {
        *state = State::Open(lock);
    }
    is_right
}

/// Sets, changes or removes the lock. Whoever asks for it has opened the one that is there. The keys are
/// kept anew, in one write, before this ends: until then the old lock holds, from then on the new one.
///
/// # Errors
/// When it is as it was.
pub(crate) async fn change(handle: Handle, change: Change) -> Result<(), LockFault> {
    let next = match change {
        Change::Passphrase(text) => {
            let (cost, salt) = (Cost::USUAL, chance()?);
            let made = stretch(&text, &salt, cost).await.map_err(|_| LockFault::Memory)?;
            Some(Lock::new(Way::Passphrase { cost, salt }, made.bytes()))
        }
        Change::Passkey(name) => {
            let salt = chance()?;
            let made = passkey::make(&name, &salt).await.map_err(LockFault::Passkey)?;
            let way = Way::Passkey { credential: made.credential, salt };
            Some(Lock::new(way, &made.answer))
        }
        Change::Remove => None,
    };
    let next = next.transpose().map_err(|_| LockFault::Store)?;
    if handle.change_lock(next).await { Ok(()) } else { Err(LockFault::Store) }
}

/// Why keys could not be read.
pub(super) enum Unread {
    /// They are none.
    Damaged,
    /// They are behind a lock that nobody has opened.
    Locked,
}

/// Reads keys as they rest, and what there is to know of their lock.
///
/// # Errors
/// When they cannot be read.
pub(super) fn read(bytes: &[u8]) -> Result<Keys, Unread> {
    if !Locked::is_one(bytes) {
        if is_closed() {
            // Another tab removed it.
            forget();
        }
        return Keys::from_bytes(bytes).map_err(|_| Unread::Damaged);
    }
    let locked = Locked::parse(bytes).map_err(|_| Unread::Damaged)?;
    LOCK.with_borrow_mut(|state| {
        let opened = match state {
            State::Open(lock) => lock.open(&locked).ok(),
            State::None | State::Closed(_) => None,
        };
        if let Some(bytes) = opened {
            return Keys::from_bytes(&bytes).map_err(|_| Unread::Damaged);
        }
        *state = State::Closed(locked);
        Err(Unread::Locked)
    })
}

/// Keys as they rest behind the lock that there is. `None` while it is closed.
pub(super) fn wrap(keys: &Keys) -> Option<Zeroizing<Vec<u8>>> {
    LOCK.with_borrow(|state| match state {
        State::None => behind(None, keys),
        State::Closed(_) => None,
        State::Open(lock) => behind(Some(lock), keys),
    })
}

/// Keys as they rest behind this lock, or behind none.
pub(super) fn behind(lock: Option<&Lock>, keys: &Keys) -> Option<Zeroizing<Vec<u8>>> {
    let bytes = keys.to_bytes();
    let Some(lock) = lock else { return Some(bytes) };
    lock.seal(&bytes, random().ok()?).ok().map(Zeroizing::new)
}

/// The keys are behind this lock from now on, or behind none.
pub(super) fn set(lock: Option<Lock>) {
    LOCK.set(lock.map_or(State::None, State::Open));
}

/// The keys that it was for are gone.
pub(super) fn forget() {
    set(None);
    tries::end_well();
}

fn chance<const N: usize>() -> Result<[u8; N], LockFault> {
    random().map_err(|_| LockFault::Store)
}
