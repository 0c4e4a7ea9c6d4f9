//! What a worker can be asked, and how it crosses: a job is an array of its kind and its bytes.

use js_sys::{Array, JsString};
use wasm_bindgen::{JsCast, JsValue};

/// The kind of [`Job::Frame`].
const FRAME: &str = "frame";

/// Something for a worker to do.
#[derive(Clone, Debug)]
pub enum Job {
    /// Check a text frame. Answered with what [`Message::check_text`] finds.
    ///
    /// [`Message::check_text`]: effigy_proto::Message::check_text
    Frame(JsString),
}

impl Job {
    /// The job as it is posted.
    pub(crate) fn to_wire(&self) -> Array {
        match self {
            Self::Frame(text) => Array::of2(&JsValue::from_str(FRAME), text),
        }
    }

    /// Reads what was posted; `None` for what no page of this version posts.
    pub(crate) fn from_wire(wire: &JsValue) -> Option<Self> {
        let wire: &Array = wire.dyn_ref()?;
        match wire.get(0).as_string()?.as_str() {
            FRAME => wire.get(1).dyn_into().ok().map(Self::Frame),
            _ => None,
        }
    }
}
