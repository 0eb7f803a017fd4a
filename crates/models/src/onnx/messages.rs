//! The messages of an ONNX file: graphs, nodes, attributes, tensors. They refer to the bytes of the file; repeated values
//! are decoded when they are asked for.
//!
//! Field numbers are those of `onnx/onnx.proto`. `None` means a damaged file.

use super::proto::{ProtoFields, ProtoFloats, ProtoIntegers, ProtoValue};

/// The file.
#[derive(Debug, Default)]
pub(crate) struct OnnxFile<'a> {
    pub producer: &'a str,
    pub producer_version: &'a str,
    /// Version of the operators of each domain; `ai.onnx` is the empty string.
    pub operators: OperatorVersions,
    pub graph: &'a [u8],
    /// Functions defined in the file itself.
    pub has_functions: bool,
}

/// Versions of the operator sets that a file uses; 0 for a set that it does not use.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OperatorVersions {
    /// `ai.onnx`.
    pub general: i64,
    /// `ai.onnx.ml`.
    pub learning: i64,
}

impl<'a> OnnxFile<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut file = Self::default();
        for field in ProtoFields::new(bytes) {
            match field? {
                (2, value) => file.producer = value.text()?,
                (3, value) => file.producer_version = value.text()?,
                (7, value) => file.graph = value.bytes()?,
                (8, value) => file.operators.add(value.bytes()?)?,
                (25, _) => file.has_functions = true,
                _ => {}
            }
        }
        (!file.graph.is_empty()).then_some(file)
    }
}

impl OperatorVersions {
    fn add(&mut self, message: &[u8]) -> Option<()> {
        let (mut domain, mut version) = ("", 0);
        for field in ProtoFields::new(message) {
            match field? {
                (1, value) => domain = value.text()?,
                (2, value) => version = value.integer()?,
                _ => {}
            }
        }
        match domain {
            "" | "ai.onnx" => self.general = self.general.max(version),
            "ai.onnx.ml" => self.learning = self.learning.max(version),
            _ => {}
        }
        Some(())
    }
}

/// One operation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OnnxNode<'a> {
    pub operator: &'a str,
    /// `ai.onnx` is the empty string.
    pub domain: &'a str,
    message: &'a [u8],
}

impl<'a> OnnxNode<'a> {
    pub(crate) fn parse(message: &'a [u8]) -> Option<Self> {
        let mut node = Self { operator: "", domain: "", message };
        for field in ProtoFields::new(message) {
            match field? {
                (1 | 2, value) => _ = value.text()?,
                (4, value) => node.operator = value.text()?,
                (5, value) => _ = OnnxAttribute::parse(value.bytes()?)?,
                (7, value) => node.domain = value.text()?,
                _ => {}
            }
        }
        if node.domain == "ai.onnx" {
            node.domain = "";
        }
        Some(node)
    }

    fn texts(&self, number: u64) -> impl Iterator<Item = &'a str> + use<'a> {
        let own = move |field: (u64, ProtoValue<'a>)| if field.0 == number { field.1.text() } else { None };
        ProtoFields::new(self.message).flatten().filter_map(own)
    }

    /// Whether its outputs are labels, then scores.
    pub(crate) fn is_classifier(&self) -> bool {
        matches!((self.domain, self.operator), ("ai.onnx.ml", "LinearClassifier" | "TreeEnsembleClassifier"))
    }

    /// Names of the values that it reads; an omitted one is empty.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.texts(1)
    }

    /// Names of the values that it computes.
    pub(crate) fn outputs(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.texts(2)
    }

    pub(crate) fn attributes(&self) -> impl Iterator<Item = OnnxAttribute<'a>> + Clone + use<'a> {
        let own = |field: (u64, ProtoValue<'a>)| if field.0 == 5 { field.1.bytes() } else { None };
        ProtoFields::new(self.message).flatten().filter_map(own).filter_map(OnnxAttribute::parse)
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<OnnxAttribute<'a>> {
        self.attributes().find(|attribute| attribute.name == name)
    }
}

/// A named constant of a node. Reading it as another type than its own gives nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OnnxAttribute<'a> {
    pub name: &'a str,
    message: &'a [u8],
}

impl<'a> OnnxAttribute<'a> {
    fn parse(message: &'a [u8]) -> Option<Self> {
        let mut name = "";
        for field in ProtoFields::new(message) {
            if let (1, value) = field? {
                name = value.text()?;
            }
        }
        Some(Self { name, message })
    }

    fn last(&self, number: u64) -> Option<ProtoValue<'a>> {
        ProtoFields::new(self.message).flatten().filter(|field| field.0 == number).last().map(|field| field.1)
    }

    pub(crate) fn float(&self) -> Option<f32> {
        if let ProtoValue::Fixed32(bytes) = self.last(2)? { Some(f32::from_le_bytes(bytes)) } else { None }
    }

    pub(crate) fn integer(&self) -> Option<i64> {
        self.last(3)?.integer()
    }

    pub(crate) fn text(&self) -> Option<&'a str> {
        self.last(4)?.text()
    }

    pub(crate) fn tensor(&self) -> Option<OnnxTensor<'a>> {
        OnnxTensor::parse(self.last(5)?.bytes()?)
    }

    pub(crate) fn floats(&self) -> ProtoFloats<'a, 4> {
        ProtoFloats::new(self.message, 7)
    }

    pub(crate) fn integers(&self) -> ProtoIntegers<'a> {
        ProtoIntegers::new(self.message, 8)
    }

    /// A text that is not UTF-8 is `None`.
    pub(crate) fn texts(&self) -> impl Iterator<Item = Option<&'a str>> + Clone + use<'a> {
        let own = |field: (u64, ProtoValue<'a>)| if field.0 == 9 { Some(field.1.text()) } else { None };
        ProtoFields::new(self.message).flatten().filter_map(own)
    }
}

/// Types of elements, as numbered by `TensorProto.DataType`.
pub(crate) mod element {
    pub(crate) const FLOAT: i64 = 1;
    pub(crate) const INT32: i64 = 6;
    pub(crate) const INT64: i64 = 7;
    pub(crate) const STRING: i64 = 8;
    pub(crate) const BOOL: i64 = 9;
    pub(crate) const DOUBLE: i64 = 11;
}

/// A constant tensor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OnnxTensor<'a> {
    pub name: &'a str,
    /// One of [`element`].
    pub element: i64,
    /// Its values are in another file.
    pub is_external: bool,
    message: &'a [u8],
}

impl<'a> OnnxTensor<'a> {
    pub(crate) fn parse(message: &'a [u8]) -> Option<Self> {
        let mut tensor = Self { name: "", element: 0, is_external: false, message };
        for field in ProtoFields::new(message) {
            match field? {
                (2, value) => tensor.element = value.integer()?,
                (8, value) => tensor.name = value.text()?,
                (13, _) => tensor.is_external = true,
                (14, value) => tensor.is_external |= value.integer()? != 0,
                _ => {}
            }
        }
        Some(tensor)
    }

    pub(crate) fn dims(&self) -> ProtoIntegers<'a> {
        ProtoIntegers::new(self.message, 1)
    }

    /// The elements as little-endian bytes, if they are stored that way.
    pub(crate) fn raw(&self) -> Option<&'a [u8]> {
        ProtoFields::new(self.message).flatten().filter(|field| field.0 == 9).last()?.1.bytes()
    }

    pub(crate) fn floats(&self) -> ProtoFloats<'a, 4> {
        ProtoFloats::new(self.message, 4)
    }

    pub(crate) fn doubles(&self) -> ProtoFloats<'a, 8> {
        ProtoFloats::new(self.message, 10)
    }

    /// Elements of type `INT32` or `BOOL`.
    pub(crate) fn small_integers(&self) -> ProtoIntegers<'a> {
        ProtoIntegers::new(self.message, 5)
    }

    /// Elements of type `INT64`.
    pub(crate) fn integers(&self) -> ProtoIntegers<'a> {
        ProtoIntegers::new(self.message, 7)
    }

    pub(crate) fn texts(&self) -> impl Iterator<Item = Option<&'a str>> + Clone + use<'a> {
        let own = |field: (u64, ProtoValue<'a>)| if field.0 == 6 { Some(field.1.text()) } else { None };
        ProtoFields::new(self.message).flatten().filter_map(own)
    }
}

/// The name and type of an input or output of the graph.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OnnxVariable<'a> {
    pub name: &'a str,
    /// Type of the elements, one of [`element`]; `None` if it is not a tensor.
    pub element: Option<i64>,
    shape: Option<&'a [u8]>,
}

impl<'a> OnnxVariable<'a> {
    pub(crate) fn parse(message: &'a [u8]) -> Option<Self> {
        let mut variable = Self { name: "", element: None, shape: None };
        for field in ProtoFields::new(message) {
            match field? {
                (1, value) => variable.name = value.text()?,
                (2, value) => variable.read_type(value.bytes()?)?,
                _ => {}
            }
        }
        Some(variable)
    }

    fn read_type(&mut self, message: &'a [u8]) -> Option<()> {
        for field in ProtoFields::new(message) {
            let (1, tensor) = field? else { continue };
            for field in ProtoFields::new(tensor.bytes()?) {
                match field? {
                    (1, value) => self.element = Some(value.integer()?),
                    (2, value) => self.shape = Some(value.bytes()?),
                    _ => {}
                }
            }
        }
        Some(())
    }

    /// Sizes of its dimensions, `None` where it is open; `None` if the whole shape is.
    pub(crate) fn dims(&self) -> Option<impl Iterator<Item = Option<i64>> + use<'a>> {
        let size = |field: (u64, ProtoValue<'a>)| {
            let own = |field: &(u64, ProtoValue<'a>)| field.0 == 1;
            ProtoFields::new(field.1.bytes()?).flatten().filter(own).last()?.1.integer()
        };
        Some(ProtoFields::new(self.shape?).flatten().filter(|field| field.0 == 1).map(size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_graph_is_damaged() {
        assert!(OnnxFile::parse(&[0x08, 10, 0x12, 2, b's', b'k']).is_none());
        let file = [0x08, 10, 0x12, 2, b's', b'k', 0x3a, 2, 0x12, 0, 0x42, 2, 0x10, 9, 0x42, 2, 0x10, 21];
        let file = OnnxFile::parse(&file).unwrap();
        assert_eq!((file.producer, file.graph.len(), file.has_functions), ("sk", 2, false));
        assert_eq!(file.operators, OperatorVersions { general: 21, learning: 0 }, "the highest version counts");
    }

    #[test]
    fn attributes_have_the_type_that_is_asked_for() {
        // Cast, with `to` = 9 and an input.
        let node = [0x0a, 1, b'x', 0x22, 4, b'C', b'a', b's', b't', 0x2a, 6, 0x0a, 2, b't', b'o', 0x18, 9];
        let node = OnnxNode::parse(&node).unwrap();
        assert_eq!((node.operator, node.inputs().collect::<Vec<_>>()), ("Cast", vec!["x"]));
        let to = node.attribute("to").unwrap();
        assert_eq!((to.integer(), to.float(), to.text()), (Some(9), None, None));
        assert!(to.floats().next().is_none() && node.attribute("axis").is_none());
    }

    #[test]
    fn open_dimensions_have_no_size() {
        let variable = [0x0a, 1, b'X', 0x12, 14, 0x0a, 12, 0x08, 1, 0x12, 8, 0x0a, 0, 0x0a, 4, 0x08, 0x88, 0x80, 0];
        let variable = OnnxVariable::parse(&variable).unwrap();
        assert_eq!((variable.name, variable.element), ("X", Some(element::FLOAT)));
        assert_eq!(variable.dims().unwrap().collect::<Vec<_>>(), [None, Some(8)]);
        assert!(OnnxVariable::parse(&[0x0a, 1, b'Y']).unwrap().dims().is_none());
    }
}
