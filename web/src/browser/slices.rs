//! Files that people choose, read in slices: never whole.

use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, FileList};

/// All files of a list.
pub(crate) fn all(files: &FileList) -> Vec<File> {
    (0..files.length()).filter_map(|index| files.get(index)).collect()
}

/// How many bytes a file has.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, positive")]
pub(crate) fn size(file: &File) -> u64 {
    file.size() as u64
}

/// Where a file is in the folder that was chosen, the folder's name first; its name where it was chosen
/// by itself.
pub(crate) fn path(file: &File) -> String {
    let path = Reflect::get(file, &JsValue::from_str("webkitRelativePath")).ok();
    let path = path.and_then(|path| path.as_string()).filter(|path| !path.is_empty());
    path.unwrap_or_else(|| file.name())
}

/// The bytes of a file from one to another. `None` when it changed or is gone.
#[expect(clippy::cast_precision_loss, reason = "no file has 2^53 bytes")]
pub(crate) async fn slice(file: &File, from: u64, to: u64) -> Option<Vec<u8>> {
    let part = file.slice_with_f64_and_f64(from as f64, to as f64).ok()?;
    let buffer = JsFuture::from(part.array_buffer()).await.ok()?;
    let bytes = Uint8Array::new(&buffer).to_vec();
    (bytes.len() as u64 == to.saturating_sub(from)).then_some(bytes)
}
