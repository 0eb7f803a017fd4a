//! Elements of arrays of any type: the levels of categories, the values that replace missing ones, and names.

use super::{
    node::{Loader, NodeScalar, SkopsNode},
    npy::NpyKind,
    refusal::{damaged, over_allowance, unsupported},
};
use crate::error::Result;

/// A level of a category, or a value of a column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum LevelValue {
    Number(f64),
    Text(String),
    /// `None` of Python.
    None,
}

impl LevelValue {
    /// As a position; `None` if it is not one.
    pub(crate) fn index(&self) -> Option<usize> {
        let Self::Number(number) = self else { return None };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked before")]
        (number.fract() == 0.0 && (0.0..1e15).contains(number)).then_some(*number as usize)
    }

    /// Whether it stands for a missing value.
    pub(crate) fn is_missing(&self) -> bool {
        match self {
            Self::Number(number) => number.is_nan(),
            Self::Text(_) => false,
            Self::None => true,
        }
    }
}

/// The elements of an array, or one value.
pub(crate) fn levels(node: &SkopsNode<'_>) -> Result<Vec<LevelValue>> {
    if node.is_object_array() || node.loader() == Loader::List {
        return node.map_elements(level);
    }
    if node.loader() != Loader::Array {
        return Ok(vec![level(node)?]);
    }
    let (array, allowance) = (node.array()?, &node.reader().allowance);
    allowance.spend(array.len(), size_of::<LevelValue>()).ok_or_else(over_allowance)?;
    if array.kind()? == NpyKind::Text {
        return Ok(array.texts(allowance)?.into_iter().map(LevelValue::Text).collect());
    }
    Ok(array.numbers(allowance)?.into_iter().map(LevelValue::Number).collect())
}

/// One value.
pub(crate) fn level(node: &SkopsNode<'_>) -> Result<LevelValue> {
    if node.loader() == Loader::Array {
        let array = node.array()?;
        if array.kind()? == NpyKind::Text {
            let text = array.texts(&node.reader().allowance)?.pop();
            return text.map(LevelValue::Text).ok_or_else(|| damaged("a level is missing"));
        }
    }
    if node.class() == "NAType" {
        return Ok(LevelValue::None);
    }
    if node.loader() == Loader::Other || node.loader() == Loader::Object {
        return Err(unsupported(format_args!(
            "has a level of type {}, which is not read; use numbers, strings, NaN or None",
            node.class()
        )));
    }
    Ok(match node.scalar()? {
        NodeScalar::None => LevelValue::None,
        NodeScalar::Bool(truth) => LevelValue::Number(f64::from(u8::from(truth))),
        NodeScalar::Number(number) => LevelValue::Number(number),
        NodeScalar::Text(text) => {
            node.reader().allowance.spend(1, text.len()).ok_or_else(over_allowance)?;
            LevelValue::Text(text)
        }
    })
}

/// Names as Python's `str` writes them: of features or classes.
pub(crate) fn names(node: &SkopsNode<'_>) -> Result<Vec<String>> {
    if !node.is_object_array() && node.loader() == Loader::Array {
        return node.array()?.texts(&node.reader().allowance);
    }
    let name = |node: &SkopsNode<'_>| {
        Ok(match (node.loader(), level(node)?) {
            (_, LevelValue::Text(text)) => text,
            (Loader::Json, LevelValue::Number(_)) if node.scalar()? == NodeScalar::Bool(true) => "True".to_owned(),
            (Loader::Json, LevelValue::Number(_)) if node.scalar()? == NodeScalar::Bool(false) => "False".to_owned(),
            (_, LevelValue::Number(number)) => number.to_string(),
            (_, LevelValue::None) => "None".to_owned(),
        })
    };
    node.map_elements(name)
}
