//! What later versions add to a header: kept as the text that it is.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::canon;

/// An object of whatever members, in canonical JSON. Taken apart, an object of many small members
/// needs a hundred times the memory of its text, and whoever writes entries decides how many.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Extension(String);

impl Extension {
    /// The canonical JSON of the object.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl Serialize for Extension {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let members: Map<String, Value> =
            serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        members.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Extension {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = Map::<String, Value>::deserialize(deserializer)?;
        let bytes = canon::write(&members).map_err(serde::de::Error::custom)?;
        String::from_utf8(bytes).map(Self).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_is_an_object_and_keeps_its_text() {
        let text = r#"{"a":[1,"x",{"b":null}],"c":{}}"#;
        let extension: Extension = canon::read(text.as_bytes()).unwrap();
        assert_eq!(extension.text(), text);
        assert_eq!(canon::write(&extension).unwrap(), text.as_bytes());
        assert!(canon::read::<Extension>(b"[]").is_err());
        assert!(canon::read::<Extension>(b"null").is_err());
    }
}
