//! JSON objects by their members, whose values keep their text.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

/// Members of an object in their order, each a name and the text of its value.
pub(super) struct JsonMembers<'a>(pub Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for JsonMembers<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = JsonMembers<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::with_capacity(map.size_hint().unwrap_or(128));
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(JsonMembers(members))
    }
}

/// The text of an object with these names and the texts of their values.
pub(super) fn json_object<'m>(members: impl IntoIterator<Item = (&'m str, &'m str)>) -> String {
    let mut object = String::from("{");
    for (name, value) in members {
        if object.len() > 1 {
            object.push(',');
        }
        object.push_str(&Value::from(name).to_string());
        object.push(':');
        object.push_str(value);
    }
    object.push('}');
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_text_and_order() {
        let text = "{\"b\":0.10,\"a\\\"\":[1, 2],\"b\":null}";
        let JsonMembers(members) = serde_json::from_str(text).unwrap();
        let pairs = members.iter().map(|(name, value)| (name.as_str(), value.get()));
        assert_eq!(json_object(pairs), text);
        assert_eq!(json_object([]), "{}");
        assert!(serde_json::from_str::<JsonMembers<'_>>("[1]").is_err());
    }
}
