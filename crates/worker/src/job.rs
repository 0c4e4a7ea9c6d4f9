//! What a worker can be asked, and how it crosses: a number, a kind, and what it is about.

use js_sys::{Array, JsString};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Blob;

use crate::picture::Use;

const FRAME: &str = "frame";
const POST: &str = "post";
const PROFILE: &str = "profile";

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
}

impl Job {
    /// The job as it is posted under a number.
    pub(crate) fn to_wire(&self, number: u32) -> Array {
        let (kind, about): (&str, &JsValue) = match self {
            Self::Frame(text) => (FRAME, text),
            Self::Picture(file, Use::Post) => (POST, file),
            Self::Picture(file, Use::Profile) => (PROFILE, file),
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
            _ => return None,
        };
        Some((wire.get(0).as_f64()? as u32, job))
    }
}
