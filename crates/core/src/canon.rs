//! Canonical JSON: one value, one spelling (RFC 8785), in the narrow profile of this protocol.
//!
//! Integers from 0 to 2^53 - 1 and no other numbers, no duplicate keys, bounded depth and counts.
//! Bytes that are not exactly what the canonical writer would produce are refused.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::limits::{JSON_DEPTH, JSON_INTEGER, JSON_ITEMS, JSON_MEMBERS};

/// Writes a value canonically.
///
/// # Errors
/// When the value cannot be written as JSON at all.
pub fn write<T: Serialize>(value: &T) -> Result<Vec<u8>, CanonError> {
    serde_json_canonicalizer::to_vec(value).map_err(|_| CanonError::Unwritable)
}

/// Reads a typed value from canonical bytes.
///
/// # Errors
/// When the bytes are not canonical JSON, or not of this type.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CanonError> {
    check(bytes)?;
    serde_json::from_slice(bytes).map_err(|_| CanonError::Shape)
}

/// Reads any value from canonical bytes.
///
/// # Errors
/// When the bytes are not canonical JSON.
pub fn check(bytes: &[u8]) -> Result<Value, CanonError> {
    let text = std::str::from_utf8(bytes).map_err(|_| CanonError::Encoding)?;
    let value = parse(text)?;
    if write(&value)? == bytes { Ok(value) } else { Err(CanonError::Spelling) }
}

/// Reads a value within the bounds, however it is spelled: what a message on a session must keep to.
///
/// # Errors
/// When the text is not JSON or breaks a bound.
pub fn parse(text: &str) -> Result<Value, CanonError> {
    let fault = Cell::new(None);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let bounded = Bounded { depth: 0, fault: &fault };
    let value = bounded
        .deserialize(&mut deserializer)
        .map_err(|_| fault.get().unwrap_or(CanonError::Syntax))?;
    deserializer.end().map_err(|_| CanonError::Syntax)?;
    Ok(value)
}

/// Reads a member that may be absent: where it stands it has a value, so that `null` is no second
/// spelling of absence.
pub(crate) fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// Reads a list that is absent when it is empty: where it stands it has items.
pub(crate) fn some_items<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let items = Vec::deserialize(deserializer)?;
    if items.is_empty() { Err(serde::de::Error::custom(CanonError::Shape)) } else { Ok(items) }
}

/// Builds a value while keeping count. The fault is kept beside, because the errors of serde_json
/// are sentences and not types.
#[derive(Clone, Copy)]
struct Bounded<'a> {
    depth: usize,
    fault: &'a Cell<Option<CanonError>>,
}

impl Bounded<'_> {
    fn refuse<E: serde::de::Error>(self, fault: CanonError) -> E {
        self.fault.set(Some(fault));
        E::custom(fault)
    }

    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= JSON_DEPTH {
            return Err(self.refuse(CanonError::Depth));
        }
        Ok(Self { depth: self.depth.saturating_add(1), ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON within the bounds of the protocol")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        if value > JSON_INTEGER {
            return Err(self.refuse(CanonError::Number));
        }
        Ok(value.into())
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Value, E> {
        Err(self.refuse(CanonError::Number))
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Value, E> {
        Err(self.refuse(CanonError::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(inner)? {
            if values.len() >= JSON_ITEMS {
                return Err(self.refuse(CanonError::Count));
            }
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut map = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            if map.len() >= JSON_MEMBERS {
                return Err(self.refuse(CanonError::Count));
            }
            let value = members.next_value_seed(inner)?;
            if map.insert(key, value).is_some() {
                return Err(self.refuse(CanonError::Duplicate));
            }
        }
        Ok(Value::Object(map))
    }
}

/// Why bytes are not canonical JSON.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CanonError {
    /// Too many members or items.
    #[error("an object has at most 64 members and an array at most 256 items")]
    Count,
    /// Nested too deeply.
    #[error("JSON nests at most 8 deep")]
    Depth,
    /// A key twice in one object.
    #[error("a key appears twice")]
    Duplicate,
    /// Not UTF-8.
    #[error("JSON is UTF-8")]
    Encoding,
    /// A fraction, a negative number or one above 2^53 - 1.
    #[error("numbers are integers from 0 to 2^53 - 1")]
    Number,
    /// JSON of another type than expected: a member is missing, unknown or of the wrong kind.
    #[error("a member is missing, unknown or of the wrong kind")]
    Shape,
    /// The right value in another spelling.
    #[error("the JSON is not in its canonical spelling")]
    Spelling,
    /// Not JSON.
    #[error("not JSON")]
    Syntax,
    /// A value that JSON cannot say.
    #[error("the value cannot be written as JSON")]
    Unwritable,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_has_its_name() {
        let deep = "[".repeat(9) + &"]".repeat(9);
        let many = format!("[{}1]", "1,".repeat(256));
        for (text, fault) in [
            ("{\"a\":1,\"a\":1}", CanonError::Duplicate),
            ("{\"a\":{\"b\":1,\"b\":2}}", CanonError::Duplicate),
            ("{\"b\":1,\"a\":2}", CanonError::Spelling),
            ("{ }", CanonError::Spelling),
            ("\"\\u0041\"", CanonError::Spelling),
            ("1.0", CanonError::Number),
            ("1e3", CanonError::Number),
            ("-1", CanonError::Number),
            ("-0", CanonError::Number),
            ("9007199254740992", CanonError::Number),
            ("18446744073709551616", CanonError::Number),
            ("\u{feff}{}", CanonError::Syntax),
            ("{} x", CanonError::Syntax),
            ("\"\\ud800\"", CanonError::Syntax),
            ("", CanonError::Syntax),
            (&deep, CanonError::Depth),
            (&many, CanonError::Count),
        ] {
            assert_eq!(check(text.as_bytes()).err(), Some(fault), "{text}");
        }
        assert_eq!(check(b"\xff").err(), Some(CanonError::Encoding));
        assert!(check(b"{\"a\":[1,\"x\",null,true],\"b\":9007199254740991}").is_ok());
    }
}
