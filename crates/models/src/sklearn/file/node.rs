//! The graph of objects in `schema.json`, read on demand: nothing is kept but references into the text.

use std::{borrow::Cow, collections::HashMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    npy::NpyArray,
    refusal::{damaged, over_allowance},
    zip::ZipArchive,
};
use crate::{allowance::Allowance, error::Result};

/// What reading an object needs besides its node.
#[derive(Debug)]
pub(crate) struct SkopsReader<'a> {
    pub archive: ZipArchive<'a>,
    pub allowance: Allowance,
}

/// One object of Python.
#[derive(Debug, Clone)]
pub(crate) struct SkopsNode<'a> {
    reader: &'a SkopsReader<'a>,
    parts: NodeParts<'a>,
}

/// How the object is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loader {
    /// A number, a string, a truth value or `None`.
    Json,
    /// An array or a number of NumPy.
    Array,
    List,
    Dict,
    /// An instance of a class, with attributes.
    Object,
    /// A partially applied function.
    Partial,
    /// Bytes, in a member of the archive.
    Bytes,
    Other,
}

/// A value without parts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum NodeScalar {
    None,
    Bool(bool),
    Number(f64),
    Text(String),
}

#[derive(Debug, Clone, Deserialize)]
struct NodeParts<'a> {
    #[serde(rename = "__class__", borrow)]
    class: Cow<'a, str>,
    #[serde(rename = "__module__", borrow)]
    module: Cow<'a, str>,
    #[serde(rename = "__loader__", borrow)]
    loader: Cow<'a, str>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    /// Where an array is: in a member of the archive (`numpy`), or in place (`json`).
    #[serde(rename = "type", borrow, default)]
    place: Cow<'a, str>,
    #[serde(borrow, default)]
    file: Cow<'a, str>,
}

impl<'a> SkopsNode<'a> {
    pub(crate) fn new(reader: &'a SkopsReader<'a>, text: &'a RawValue) -> Result<Self> {
        let parts = serde_json::from_str(text.get()).map_err(|error| unreadable("an object", &error))?;
        Ok(Self { reader, parts })
    }

    pub(crate) fn reader(&self) -> &'a SkopsReader<'a> {
        self.reader
    }

    /// Name of the class.
    pub(crate) fn class(&self) -> &str {
        &self.parts.class
    }

    /// Module of the class.
    pub(crate) fn module(&self) -> &str {
        &self.parts.module
    }

    pub(crate) fn loader(&self) -> Loader {
        match &*self.parts.loader {
            "JsonNode" => Loader::Json,
            "NdArrayNode" => Loader::Array,
            "ListNode" | "TupleNode" => Loader::List,
            "DictNode" => Loader::Dict,
            "ObjectNode" | "TreeNode" => Loader::Object,
            "PartialNode" => Loader::Partial,
            "BytesNode" | "BytearrayNode" => Loader::Bytes,
            _ => Loader::Other,
        }
    }

    /// An attribute of an object or an entry of a dictionary, if there is one; `None` of Python counts as absent.
    pub(crate) fn find(&self, name: &str) -> Result<Option<Self>> {
        let node = self.entry(|key| key == name)?.map(|text| Self::new(self.reader, text)).transpose()?;
        Ok(match node {
            Some(node) if node.loader() == Loader::Json && node.scalar()? == NodeScalar::None => None,
            node => node,
        })
    }

    /// The last attribute or entry whose name is accepted.
    fn entry(&self, is_it: impl Fn(&str) -> bool) -> Result<Option<&'a RawValue>> {
        let mut map = self.parts.content;
        if self.loader() == Loader::Object {
            map = match map {
                Some(content) => Self::new(self.reader, content)?.parts.content,
                None => None,
            };
        }
        match map {
            Some(map) => entry(map, is_it).map_err(|error| unreadable(self.class(), &error)),
            None => Ok(None),
        }
    }

    /// Whether an estimator or a transformer has attributes that fitting sets, as scikit-learn itself decides it.
    pub(crate) fn is_fitted(&self) -> Result<bool> {
        Ok(self.entry(|key| key.ends_with('_') && !key.starts_with("__"))?.is_some())
    }

    /// The content of bytes.
    pub(crate) fn bytes(&self) -> Result<Cow<'a, [u8]>> {
        if self.loader() != Loader::Bytes {
            return Err(damaged(format_args!("{} stands where bytes are expected", self.class())));
        }
        self.reader.archive.member(&self.parts.file)
    }

    /// An attribute that must be there.
    pub(crate) fn attribute(&self, name: &str) -> Result<Self> {
        self.find(name)?.ok_or_else(|| damaged(format_args!("{} has no {name}", self.class())))
    }

    /// The elements of a list, a tuple, or an array of objects.
    pub(crate) fn elements(&self) -> Result<Vec<Self>> {
        let texts = self.texts()?;
        self.reader.allowance.spend(texts.len(), size_of::<Self>()).ok_or_else(over_allowance)?;
        texts.into_iter().map(|text| Self::new(self.reader, text)).collect()
    }

    /// Calls `act` with each of the elements, without keeping them.
    pub(crate) fn map_elements<T>(&self, mut act: impl FnMut(&Self) -> Result<T>) -> Result<Vec<T>> {
        let texts = self.texts()?;
        self.reader.allowance.spend(texts.len(), size_of::<T>()).ok_or_else(over_allowance)?;
        texts.into_iter().map(|text| act(&Self::new(self.reader, text)?)).collect()
    }

    /// The keys and values of a dictionary.
    pub(crate) fn entries(&self) -> Result<HashMap<String, Self>> {
        let map = self.parts.content.filter(|_| self.loader() == Loader::Dict);
        let map = map.ok_or_else(|| damaged(format_args!("{} is not a dictionary", self.class())))?;
        let wrong = |error| unreadable("a dictionary", &error);
        // One value between two commas, and a table that grows briefly holds three times its content.
        let count = map.get().split(',').count();
        let each = 3 * size_of::<(String, &RawValue)>();
        self.reader.allowance.spend(count, each).ok_or_else(over_allowance)?;
        let texts: HashMap<String, &RawValue> = serde_json::from_str(map.get()).map_err(wrong)?;
        self.reader.allowance.spend(texts.len(), 2 * size_of::<(String, Self)>()).ok_or_else(over_allowance)?;
        texts.into_iter().map(|(key, text)| Ok((key, Self::new(self.reader, text)?))).collect()
    }

    /// The elements as they are in the file.
    fn texts(&self) -> Result<Vec<&'a RawValue>> {
        let is_list = self.loader() == Loader::List || (self.loader() == Loader::Array && self.parts.place == "json");
        let list = self.parts.content.filter(|_| is_list);
        let list = list.ok_or_else(|| damaged(format_args!("{} is not a list", self.class())))?;
        let wrong = |error| unreadable("a list", &error);
        let count = serde_json::from_str::<Vec<IgnoredAny>>(list.get()).map_err(wrong)?.len();
        // A vector that grows by doubling briefly holds three times its content.
        self.reader.allowance.spend(count, 3 * size_of::<&RawValue>()).ok_or_else(over_allowance)?;
        serde_json::from_str(list.get()).map_err(wrong)
    }

    /// Whether this is an array whose elements are objects of Python.
    pub(crate) fn is_object_array(&self) -> bool {
        self.loader() == Loader::Array && self.parts.place == "json"
    }

    /// An array of NumPy.
    pub(crate) fn array(&self) -> Result<NpyArray<'a>> {
        if self.loader() != Loader::Array || self.parts.place != "numpy" {
            return Err(damaged(format_args!("{} is not an array of numbers", self.class())));
        }
        NpyArray::new(self.reader.archive.member(&self.parts.file)?)
    }

    /// All numbers of an array; the last index changes fastest.
    pub(crate) fn numbers(&self) -> Result<Vec<f64>> {
        self.array()?.numbers(&self.reader.allowance)
    }

    /// A value without parts.
    pub(crate) fn scalar(&self) -> Result<NodeScalar> {
        match self.loader() {
            Loader::Array => match self.numbers()?.as_slice() {
                [number] => Ok(NodeScalar::Number(*number)),
                _ => Err(damaged("an array stands where a number is expected")),
            },
            Loader::Json => {
                let content = self.parts.content.map_or("null", RawValue::get);
                let text: String = serde_json::from_str(content).map_err(|error| unreadable("a value", &error))?;
                scalar(&text)
            }
            _ => Err(damaged(format_args!("{} stands where a value is expected", self.class()))),
        }
    }

    /// The text of an attribute; `None` if it is absent.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>> {
        match self.find(name)?.filter(|node| node.loader() == Loader::Json).map(|node| node.scalar()).transpose()? {
            Some(NodeScalar::Text(text)) => Ok(Some(text)),
            _ => Ok(None),
        }
    }

    /// The number of an attribute.
    pub(crate) fn number(&self, name: &str) -> Result<f64> {
        match self.attribute(name)?.scalar()? {
            NodeScalar::Number(number) => Ok(number),
            _ => Err(damaged(format_args!("{name} of {} is not a number", self.class()))),
        }
    }

    /// A value that counts something or is a position; `None` if it is negative or huge.
    pub(crate) fn index(&self) -> Result<Option<usize>> {
        let NodeScalar::Number(number) = self.scalar()? else { return Ok(None) };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked before")]
        let index = (number >= 0.0 && number <= f64::from(u32::MAX)).then_some(number as usize);
        Ok(index)
    }

    /// Whether an attribute is true; false if it is absent.
    pub(crate) fn is_set(&self, name: &str) -> Result<bool> {
        let node = self.find(name)?.filter(|node| node.loader() == Loader::Json);
        Ok(node.map(|node| node.scalar()).transpose()? == Some(NodeScalar::Bool(true)))
    }

    /// The version of scikit-learn that wrote the object.
    pub(crate) fn version(&self) -> Result<Option<String>> {
        self.text("_sklearn_version")
    }

    /// Whether that version is known, and at least this one.
    pub(crate) fn is_since(&self, major: u32, minor: u32) -> Result<bool> {
        let version = self.version()?.unwrap_or_default();
        let mut numbers = version.split('.').map_while(|number| number.parse::<u32>().ok());
        Ok((numbers.next(), numbers.next()) >= (Some(major), Some(minor)))
    }
}

/// Parses the JSON that Python wrote, which may be `NaN` or infinite.
fn scalar(text: &str) -> Result<NodeScalar> {
    Ok(match text.trim() {
        "null" => NodeScalar::None,
        "true" => NodeScalar::Bool(true),
        "false" => NodeScalar::Bool(false),
        "NaN" => NodeScalar::Number(f64::NAN),
        "Infinity" => NodeScalar::Number(f64::INFINITY),
        "-Infinity" => NodeScalar::Number(f64::NEG_INFINITY),
        quoted if quoted.starts_with('"') => {
            NodeScalar::Text(serde_json::from_str(quoted).map_err(|error| unreadable("a string", &error))?)
        }
        number => NodeScalar::Number(serde_json::from_str(number).map_err(|error| unreadable("a number", &error))?),
    })
}

/// The value of a key that is accepted, the last one if there are several, as in Python.
fn entry(map: &RawValue, is_it: impl Fn(&str) -> bool) -> Result<Option<&RawValue>, serde_json::Error> {
    struct Find<F>(F);

    impl<'de, F: Fn(&str) -> bool> Visitor<'de> for Find<F> {
        type Value = Option<&'de RawValue>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map")
        }

        fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
            let mut found = None;
            while let Some(is_it) = map.next_key_seed(IsKey(&self.0))? {
                if is_it {
                    found = Some(map.next_value()?);
                } else {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            Ok(found)
        }
    }

    struct IsKey<'f, F>(&'f F);

    impl<'de, F: Fn(&str) -> bool> DeserializeSeed<'de> for IsKey<'_, F> {
        type Value = bool;

        fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<bool, D::Error> {
            key.deserialize_str(self)
        }
    }

    impl<F: Fn(&str) -> bool> Visitor<'_> for IsKey<'_, F> {
        type Value = bool;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a key")
        }

        fn visit_str<E: Error>(self, key: &str) -> Result<bool, E> {
            Ok(self.0(key))
        }
    }

    serde_json::Deserializer::from_str(map.get()).deserialize_map(Find(is_it))
}

/// The error for a part of the file that cannot be parsed.
pub(crate) fn unreadable(what: &str, error: &serde_json::Error) -> crate::error::ModelError {
    // The line and column count from the beginning of the part, which would mislead.
    let error = error.to_string();
    let why = error.rsplit_once(" at line ").map_or(&*error, |(why, _)| why);
    let what: String = what.chars().take(40).collect();
    damaged(format_args!("{what} in schema.json cannot be read ({why})"))
}
