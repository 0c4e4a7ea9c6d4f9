//! Between our bytes and the browser's.

use std::ops::Bound;

use effigy_store::{Batch, Durability, Range, StoreError, Table};
use js_sys::{Array, ArrayBuffer, Uint8Array};
use rexie::KeyRange;
use wasm_bindgen::{JsCast, JsValue};

use crate::failure::{Failure, foreign, reading};

/// A batch, ready to be handed to the browser.
pub(crate) struct Change {
    /// Names of the object stores it touches.
    pub(crate) tables: Array,
    pub(crate) deletes: Vec<(Table, JsValue)>,
    pub(crate) puts: Vec<(Table, JsValue, JsValue)>,
    pub(crate) durability: &'static str,
}

impl Change {
    pub(crate) fn new(batch: Batch) -> Self {
        let tables = batch.tables().into_iter().map(|table| JsValue::from_str(table.name()));
        let deletes = batch.deletes.iter().map(|name| (name.table, key(&name.bytes)));
        let puts = batch.puts.iter().map(|(name, bytes)| {
            (name.table, key(&name.bytes), Uint8Array::from(bytes.as_slice()).into())
        });
        Self {
            tables: tables.collect(),
            deletes: deletes.collect(),
            puts: puts.collect(),
            durability: match batch.durability {
                Durability::Relaxed => "relaxed",
                Durability::Strict => "strict",
            },
        }
    }
}

/// A key as IndexedDB orders it: binary keys compare byte by byte.
pub(crate) fn key(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).buffer().into()
}

/// The bytes of a key.
pub(crate) fn key_bytes(key: &JsValue) -> Result<Vec<u8>, StoreError> {
    let buffer: &ArrayBuffer = key.dyn_ref().ok_or_else(|| foreign("a key is not binary"))?;
    Ok(Uint8Array::new(buffer).to_vec())
}

/// The bytes of a value.
pub(crate) fn value_bytes(value: &JsValue) -> Result<Vec<u8>, StoreError> {
    let array: &Uint8Array = value.dyn_ref().ok_or_else(|| foreign("a value is not bytes"))?;
    Ok(array.to_vec())
}

/// The length of a value, without copying it.
pub(crate) fn value_length(value: &JsValue) -> Result<u32, StoreError> {
    let array: &Uint8Array = value.dyn_ref().ok_or_else(|| foreign("a value is not bytes"))?;
    Ok(array.byte_length())
}

/// A range as IndexedDB wants it, `None` for everything. It must not be empty.
pub(crate) fn key_range(range: &Range) -> Result<Option<KeyRange>, Failure> {
    let (start, start_open) = bound(&range.start);
    let (end, end_open) = bound(&range.end);
    let range = match (start, end) {
        (None, None) => return Ok(None),
        (Some(start), None) => KeyRange::lower_bound(&start, Some(start_open)),
        (None, Some(end)) => KeyRange::upper_bound(&end, Some(end_open)),
        (Some(start), Some(end)) => KeyRange::bound(&start, &end, Some(start_open), Some(end_open)),
    };
    range.map(Some).map_err(|error| reading(error.into()))
}

/// A bound, and whether it is itself left out.
fn bound(bound: &Bound<Vec<u8>>) -> (Option<JsValue>, bool) {
    match bound {
        Bound::Unbounded => (None, false),
        Bound::Included(bytes) => (Some(key(bytes)), false),
        Bound::Excluded(bytes) => (Some(key(bytes)), true),
    }
}
