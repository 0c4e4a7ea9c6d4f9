//! What a worker can be asked, and how it crosses: a number, a kind, and what it is about.

use effigy_core::passphrase::{COST, Cost, PassphraseError, SALT, Stretched, stretch};
use js_sys::{Array, JsString, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Blob;

use crate::picture::Use;

const FRAME: &str = "frame";
const POST: &str = "post";
const PROFILE: &str = "profile";
const STRETCH: &str = "stretch";

/// What is answered to a passphrase of which no key could be made for want of memory.
pub(crate) const NO_MEMORY: &[u8] = &[0];

/// Something for a worker to do.
#[derive(Clone, Debug)]
pub enum Job {
    /// Check a text frame. Answered with what [`Message::check_text`] finds.
    ///
    /// [`Message::check_text`]: effigy_proto::Message::check_text
    Frame(JsString),
    /// Make a picture of a file. Answered as [`picture::write`] does; with [`picture::SLOW`] when
    /// decoding it took too long; with nothing when it failed: who asked finds out why by doing it
    /// again.
    ///
    /// [`picture::write`]: crate::picture::write
    /// [`picture::SLOW`]: crate::picture::SLOW
    Picture(Blob, Use),
    /// Make the key of a passphrase. Answered with the key, for [`Passphrase::key`].
    Stretch(Passphrase),
}

/// A passphrase on its way to a worker, with salt and cost. Silent when printed; wiped by who made it.
#[derive(Clone)]
pub struct Passphrase(Uint8Array);

impl Passphrase {
    /// Of which a key is to be made.
    pub fn new(passphrase: &[u8], salt: &[u8; SALT], cost: Cost) -> Self {
        let bytes =
            zeroize::Zeroizing::new([&cost.to_bytes(), salt.as_slice(), passphrase].concat());
        Self(Uint8Array::from(bytes.as_slice()))
    }

    /// Makes the key, here and now: the page stands still meanwhile.
    ///
    /// # Errors
    /// As [`stretch`].
    pub fn stretch(&self) -> Result<Stretched, PassphraseError> {
        let bytes = zeroize::Zeroizing::new(self.0.to_vec());
        let (cost, rest) = bytes.split_first_chunk::<COST>().ok_or(PassphraseError::Cost)?;
        let (salt, passphrase) = rest.split_first_chunk::<SALT>().ok_or(PassphraseError::Cost)?;
        stretch(passphrase, salt, Cost::from_bytes(cost)?)
    }

    /// The key that a worker made.
    ///
    /// # Errors
    /// `Memory` where it had not enough.
    pub fn key(answer: &[u8]) -> Result<Stretched, PassphraseError> {
        let bytes = answer.try_into().map_err(|_| PassphraseError::Memory)?;
        Ok(Stretched::from_bytes(bytes))
    }

    /// Overwrites it, on this side.
    pub fn wipe(&self) {
        self.0.fill(0, 0, self.0.length());
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

impl Job {
    /// The job as it is posted under a number.
    pub(crate) fn to_wire(&self, number: u32) -> Array {
        let (kind, about): (&str, &JsValue) = match self {
            Self::Frame(text) => (FRAME, text),
            Self::Picture(file, Use::Post) => (POST, file),
            Self::Picture(file, Use::Profile) => (PROFILE, file),
            Self::Stretch(passphrase) => (STRETCH, &passphrase.0),
        };
        Array::of3(&number.into(), &JsValue::from_str(kind), about)
    }

    /// Reads what was posted; `None` for what no page of this version posts.
    pub(crate) fn from_wire(wire: &JsValue) -> Option<(u32, Self)> {
        let wire: &Array = wire.dyn_ref()?;
        let about = wire.get(2);
        let job = match wire.get(1).as_string()?.as_str() {
            FRAME => Self::Frame(about.dyn_into().ok()?),
            POST => Self::Picture(about.dyn_into().ok()?, Use::Post),
            PROFILE => Self::Picture(about.dyn_into().ok()?, Use::Profile),
            STRETCH => Self::Stretch(Passphrase(about.dyn_into().ok()?)),
            _ => return None,
        };
        Some((wire.get(0).as_f64()? as u32, job))
    }
}
